/* SPDX-License-Identifier: ISC */
/* Recording: entries are gathered in memory and go to the trace's thread when there are many, or when a second has passed. While the
 * carrier waits for the host, that thread fetches them itself: whoever changes `pause` from where it stands has the log. */
#include "replay/recorder.h"

#include "base/error.h"
#include "base/list.h"
#include "host/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_ROOM = 512 << 10, NUMBERS_ROOM = 256, FILLED_MAX = 1 << 20 };

static struct recorder *recorder_of(struct host_door *door) {
    return CONTAINER_OF(door, struct recorder, session.door);
}

void log_flush(struct recorder *recorder) {
    if (recorder->n) trace_writer_put(recorder->writer, TRACE_LOG, recorder->log, recorder->n);
    else free(recorder->log);
    recorder->log = NULL;
    recorder->n = recorder->room = 0;
}

void log_begin(struct recorder *recorder, unsigned kind, size_t bytes) {
    const size_t wanted = bytes + NUMBERS_ROOM;
    if (recorder->n + wanted > recorder->room || atomic_load_explicit(&recorder->flush_asked, memory_order_relaxed)) {
        atomic_store(&recorder->flush_asked, false);
        log_flush(recorder);
        recorder->room = wanted > LOG_ROOM ? wanted : LOG_ROOM;
        recorder->log = malloc(recorder->room);
        if (!recorder->log) {
            fprintf(stderr, "lockstep: no memory to record with\n");
            _Exit(SESSION_STATUS);
        }
    }
    recorder->log[recorder->n++] = (uint8_t)kind;
    recorder->session.n_entries++;
}

void log_number(struct recorder *recorder, uint64_t number) {
    for (; number >= 0x80; number >>= 7) recorder->log[recorder->n++] = (uint8_t)(number | 0x80);
    recorder->log[recorder->n++] = (uint8_t)number;
}

void log_signed(struct recorder *recorder, int64_t number) {
    log_number(recorder, signed_to_digits(number));
}

void log_bytes(struct recorder *recorder, const void *bytes, size_t n) {
    memcpy(recorder->log + recorder->n, bytes, n);
    recorder->n += n;
}

static bool makes_descriptor(enum host_call call) {
    switch (call) {
#define OUTSIDE(ret, name, after, ...)
#define OUTSIDE_FD(name, after, ...) case HOST_CALL_##name:
#define OUTSIDE_VOID(name, ...)
#include "host/outside.def"
#undef OUTSIDE
#undef OUTSIDE_FD
#undef OUTSIDE_VOID
    case HOST_CALL_socket_accept: case HOST_CALL_ready_new: case HOST_CALL_notify_new: return true;
    default: return false;
    }
}

static int64_t result(struct host_door *door, enum host_call call, int64_t r) {
    struct recorder *recorder = recorder_of(door);
    log_begin(recorder, call, 0);
    log_signed(recorder, r);
    if (r >= HOST_DOOR_DESCRIPTORS && makes_descriptor(call)) recorder_opened(recorder, (int)r);
    return r;
}

static void filled(struct host_door *door, void *at, size_t n) {
    struct recorder *recorder = recorder_of(door);
    const char *bytes = at;
    while (n) {
        const size_t part = n < FILLED_MAX ? n : FILLED_MAX;
        log_begin(recorder, ENTRY_FILLED, part);
        log_number(recorder, part);
        log_bytes(recorder, bytes, part);
        bytes += part;
        n -= part;
    }
}

static void waits(struct host_door *door, bool is_waiting) {
    struct recorder *recorder = recorder_of(door);
    uint32_t expected = RECORDER_WAITS;
    if (is_waiting) {
        atomic_store(&recorder->pause, RECORDER_WAITS);
        return;
    }
    while (!atomic_compare_exchange_weak(&recorder->pause, &expected, RECORDER_RUNS)) {
        expected = RECORDER_WAITS;
        host_thread_yield();
    }
}

/* On the writer's thread. */
static void second_passed(void *arg) {
    struct recorder *recorder = arg;
    uint32_t expected = RECORDER_WAITS;
    atomic_store(&recorder->flush_asked, true);
    if (!atomic_compare_exchange_strong(&recorder->pause, &expected, RECORDER_FLUSHES)) return;
    atomic_store(&recorder->flush_asked, false);
    log_flush(recorder);
    atomic_store(&recorder->pause, RECORDER_WAITS);
}

static bool post(struct host_door *door, bool has_post, int *value) {
    struct recorder *recorder = recorder_of(door);
    if (!has_post) {
        recorder->session.n_asked++;
        return false;
    }
    log_begin(recorder, ENTRY_POST, 0);
    log_number(recorder, recorder->session.n_asked);
    log_signed(recorder, *value);
    recorder->session.n_asked = 0;
    return true;
}

static uint64_t choose(struct session *session, const struct strategy_question *question) {
    struct recorder *recorder = CONTAINER_OF(session, struct recorder, session);
    const uint64_t answer = session->inner->choose(session->inner, question);
    log_begin(recorder, ENTRY_CHOICE, 0);
    log_number(recorder, answer);
    return answer;
}

static void at_call(struct session *session, const struct session_state *now) {
    struct recorder *recorder = CONTAINER_OF(session, struct recorder, session);
    uint64_t changed = 0;
    for (unsigned i = 0; i < STATE_REGISTERS; i++) changed |= (uint64_t)(now->reg[i] != session->last.reg[i]) << i;
    if (now->rest != session->last.rest) changed |= 1u << STATE_REST;
    log_begin(recorder, ENTRY_STATE, 0);
    log_number(recorder, changed);
    for (unsigned i = 0; i < STATE_REGISTERS; i++) {
        if (changed >> i & 1) log_signed(recorder, (int64_t)(now->reg[i] - session->last.reg[i]));
    }
    if (changed >> STATE_REST & 1) log_bytes(recorder, &now->rest, sizeof now->rest);
}

static int free_recorder(struct recorder *recorder) {
    recorder_free_files(recorder);
    log_flush(recorder);
    const int err = trace_writer_free(recorder->writer);
    host_door_fini(&recorder->session.door);
    free(recorder);
    return err;
}

static int end(struct session *session, int status) {
    struct recorder *recorder = CONTAINER_OF(session, struct recorder, session);
    char *facts = malloc(NUMBERS_ROOM);
    trace_writer_on_second(recorder->writer, NULL, NULL);
    log_flush(recorder);
    if (facts) {
        const int n = snprintf(facts, NUMBERS_ROOM, "status%c%d%centries%c%llu%ccalls%c%llu", 0, status, 0, 0,
                               (unsigned long long)session->n_entries, 0, 0, (unsigned long long)session->n_calls);
        trace_writer_put(recorder->writer, TRACE_END, facts, (size_t)n + 1);
    }
    return free_recorder(recorder);
}

static void free_session(struct session *session) {
    free_recorder(CONTAINER_OF(session, struct recorder, session));
}

static const struct host_door_ops door_ops = {
    .result = result, .filled = filled, .wrote = recorder_wrote, .changed = recorder_changed,
    .duplicated = recorder_duplicated, .closed = recorder_closed, .backing = recorder_backing, .waits = waits, .post = post,
};

static const struct session_ops session_ops = {.choose = choose, .at_call = at_call, .end = end, .free = free_session};

struct session *session_record(const char *path, const char *facts, size_t n, int *err) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    char *copy = malloc(n);
    *err = -ENOMEM;
    if (recorder && copy) recorder->writer = trace_writer_new(path, TRACE_FAST, err);
    if (!recorder || !recorder->writer) {
        free(recorder);
        free(copy);
        return NULL;
    }
    memcpy(copy, facts, n);
    trace_writer_put(recorder->writer, TRACE_FACTS, copy, n);
    recorder->session.ops = &session_ops;
    recorder->session.door.ops = &door_ops;
    trace_writer_on_second(recorder->writer, second_passed, recorder);
    return &recorder->session;
}
