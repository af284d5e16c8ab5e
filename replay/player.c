/* SPDX-License-Identifier: ISC */
/* Replaying: each question of the machine is answered by the next entry. The machine must ask the same questions: an entry of another kind
 * is a difference, and so is another register at a system call. */
#include "replay/player.h"

#include "base/list.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct player *player_of(struct host_door *door) {
    return CONTAINER_OF(door, struct player, session.door);
}

void play_fail(struct player *player, const char *fmt, ...) {
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (player->session.on_progress) player->session.on_progress(player->session.on_progress_arg, 1, 1);
    fflush(NULL);
    fprintf(stderr, "lockstep: replay, at event %" PRIu64 ", after %" PRIu64 " system calls and %" PRIu64 " instructions of the thread: %s\n",
            player->session.n_entries, player->session.n_calls, player->session.last.reg[STATE_RETIRED], line);
    _Exit(SESSION_STATUS);
}

static const char *kind_name(unsigned kind) {
    switch (kind) {
    case ENTRY_FILLED: return "data";
    case ENTRY_WROTE: return "a write";
    case ENTRY_CHANGED: return "a change of a file";
    case ENTRY_BACKING: return "a mapping of a file";
    case ENTRY_POST: return "a signal from outside";
    case ENTRY_CHOICE: return "a choice of the schedule";
    case ENTRY_STATE: return "a system call";
    case ENTRY_NONE: return "its end";
    default: return host_call_name((enum host_call)kind);
    }
}

static void tell_progress(struct player *player) {
    struct session *session = &player->session;
    uint64_t at, size;
    if (!session->on_progress) return;
    trace_reader_position(player->reader, &at, &size);
    session->on_progress(session->on_progress_arg, at, size);
}

static bool load(struct player *player) {
    size_t n = 0;
    if (player->at != player->end) return true;
    player_aside();
    const bool loaded = trace_reader_next_log(player->reader, &player->at, &n);
    tell_progress(player);
    player_back(player);
    player->at = loaded ? player->at : NULL;
    player->end = player->at + n;
    return n > 0;
}

unsigned play_peek(struct player *player) {
    return load(player) ? *player->at : ENTRY_NONE;
}

void play_take(struct player *player, unsigned kind) {
    const unsigned next = play_peek(player);
    if (next == ENTRY_NONE && !trace_reader_ended(player->reader)) {
        play_fail(player, "the recording ends here: %s", trace_reader_why(player->reader));
    }
    if (next != kind) play_fail(player, "the run differs from the recording: here is %s, there %s", kind_name(kind), kind_name(next));
    player->at++;
    player->session.n_entries++;
}

const void *play_bytes(struct player *player, size_t n) {
    const void *bytes = player->at;
    if (n > (size_t)(player->end - player->at)) play_fail(player, "the recording is damaged: an entry is cut off");
    player->at += n;
    return bytes;
}

uint64_t play_number(struct player *player) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t digit = *(const uint8_t *)play_bytes(player, 1);
        number |= (uint64_t)(digit & 0x7f) << shift;
        if (!(digit & 0x80)) return number;
    }
    play_fail(player, "the recording is damaged: a number is too long");
}

int64_t play_signed(struct player *player) {
    return digits_to_signed(play_number(player));
}

static int64_t result(struct host_door *door, enum host_call call, int64_t r) {
    struct player *player = player_of(door);
    play_take(player, call);
    return play_signed(player);
}

static void filled(struct host_door *door, void *at, size_t n) {
    struct player *player = player_of(door);
    char *out = at;
    while (n) {
        play_take(player, ENTRY_FILLED);
        const uint64_t part = play_number(player);
        if (part == 0 || part > n) play_fail(player, "the run differs from the recording: here are %zu bytes of data, there %" PRIu64, n, part);
        memcpy(out, play_bytes(player, (size_t)part), (size_t)part);
        out += part;
        n -= (size_t)part;
    }
}

static bool post(struct host_door *door, bool has_post, int *value) {
    struct player *player = player_of(door);
    if (play_peek(player) == ENTRY_POST) {
        const uint8_t *const before = player->at++;
        if (play_number(player) == player->session.n_asked) {
            *value = (int)play_signed(player);
            player->session.n_entries++;
            player->session.n_asked = 0;
            return true;
        }
        player->at = before;
    }
    player->session.n_asked++;
    return false;
}

static void waits(struct host_door *door, bool is_waiting) {}

static uint64_t choose(struct session *session, const struct strategy_question *question) {
    struct player *player = CONTAINER_OF(session, struct player, session);
    play_take(player, ENTRY_CHOICE);
    return play_number(player);
}

static void compare(struct player *player, const struct session_state *now, uint64_t changed) {
    const struct session_state *last = &player->session.last;
    for (unsigned i = 0; i < STATE_REGISTERS; i++) {
        const uint64_t there = last->reg[i] + (changed >> i & 1 ? (uint64_t)play_signed(player) : 0);
        if (now->reg[i] == there) continue;
        play_fail(player, "the run differs from the recording at a system call (rip 0x%" PRIx64 "): %s is 0x%" PRIx64 " here, 0x%" PRIx64 " there",
                  now->reg[STATE_RIP], session_state_name(i), now->reg[i], there);
    }
    uint32_t there = last->rest;
    if (changed >> STATE_REST & 1) memcpy(&there, play_bytes(player, sizeof there), sizeof there);
    if (now->rest == there) return;
    play_fail(player, "the run differs from the recording at a system call (rip 0x%" PRIx64 "): %s; their check is 0x%x here, 0x%x there",
              now->reg[STATE_RIP], session_state_name(STATE_REST), now->rest, there);
}

static void at_call(struct session *session, const struct session_state *now) {
    struct player *player = CONTAINER_OF(session, struct player, session);
    play_take(player, ENTRY_STATE);
    compare(player, now, play_number(player));
}

static void free_session(struct session *session) {
    struct player *player = CONTAINER_OF(session, struct player, session);
    player_free_files(player);
    trace_reader_free(player->reader);
    host_door_fini(&player->session.door);
    free(player);
}

static int end(struct session *session, int status) {
    struct player *player = CONTAINER_OF(session, struct player, session);
    const unsigned next = play_peek(player);
    player_aside();
    if (next != ENTRY_NONE) play_fail(player, "the run differs from the recording: here is its end, there %s", kind_name(next));
    const char *there = trace_reader_end_fact(player->reader, "status");
    if (!there) play_fail(player, "the recording ends here: %s", trace_reader_why(player->reader));
    if (atoi(there) != status) play_fail(player, "the run differs from the recording: its status is %d here, %s there", status, there);
    free_session(session);
    return 0;
}

static const struct host_door_ops door_ops = {
    .result = result, .filled = filled, .wrote = player_wrote, .changed = player_changed, .duplicated = player_duplicated,
    .closed = player_closed, .backing = player_backing, .waits = waits, .post = post,
};

static const struct session_ops session_ops = {.choose = choose, .at_call = at_call, .end = end, .free = free_session};

struct session *session_replay(struct trace_reader *reader, bool shows) {
    struct player *player = calloc(1, sizeof *player);
    if (!player) {
        trace_reader_free(reader);
        return NULL;
    }
    player->reader = reader;
    player->shows = shows;
    player->session.ops = &session_ops;
    player->session.door.ops = &door_ops;
    player->session.door.replays = true;
    return &player->session;
}
