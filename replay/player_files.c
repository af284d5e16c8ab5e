/* SPDX-License-Identifier: ISC */
/* Files during a replay: nothing of the host's is opened. A file that the guest mapped is memory with the recorded contents; later writes by
 * calls reach that memory, too. Output to the process's own descriptors is shown. */
#include "replay/player.h"

#include "base/error.h"
#include "base/list.h"
#include "host/backing.h"
#include "host/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STANDARD_OUTPUT = 1, STANDARD_ERROR = 2, ALLOW_SEALING = 2 /* MFD_ALLOW_SEALING */ };
#define CONTENTS_MAX (INT64_C(1) << 46)

static struct player *player_of(struct host_door *door) {
    return CONTAINER_OF(door, struct player, session.door);
}

static struct player_output *output_of(struct player *player, int fd) {
    struct player_output *output;
    HASH_FIND_INT(player->outputs, &fd, output);
    return output;
}

void player_duplicated(struct host_door *door, int fd, int of) {
    struct player *player = player_of(door);
    const struct player_output *from = output_of(player, of);
    const int number = from ? from->number : of == STANDARD_OUTPUT || of == STANDARD_ERROR ? of : -1;
    struct player_output *made = number >= 0 && !output_of(player, fd) ? malloc(sizeof *made) : NULL;
    if (!made) return;
    *made = (struct player_output){.fd = fd, .number = number};
    HASH_ADD_INT(player->outputs, fd, made);
}

void player_closed(struct host_door *door, int fd) {
    struct player *player = player_of(door);
    struct player_output *output = output_of(player, fd);
    if (!output) return;
    HASH_DEL(player->outputs, output);
    free(output);
}

static struct player_file *file_of(struct player *player, uint64_t number) {
    struct player_file *file;
    HASH_FIND(hh, player->files, &number, sizeof number, file);
    return file;
}

static struct player_file *make_file(struct player *player, uint64_t number) {
    struct player_file *file = file_of(player, number);
    if (file) return file;
    file = malloc(sizeof *file);
    const int fd = file ? host_file_memory("recorded", ALLOW_SEALING) : -ENOMEM;
    if (fd < 0) {
        free(file);
        return NULL;
    }
    *file = (struct player_file){.number = number, .fd = fd};
    HASH_ADD(hh, player->files, number, sizeof file->number, file);
    return file;
}

static void write_all(int fd, const char *bytes, size_t n, int64_t offset) {
    while (n) {
        const int64_t put = offset < 0 ? host_file_write(fd, bytes, n) : host_file_write_at(fd, bytes, n, offset);
        if (put == -EINTR || put == -EAGAIN) continue;
        if (put <= 0) return;
        bytes += put;
        n -= (size_t)put;
        if (offset >= 0) offset += put;
    }
}

/* Makes memory of the contents that follow in the log. */
static void take_contents(struct player *player, struct player_file *file) {
    const uint64_t size = play_number(player);
    if (size > CONTENTS_MAX) play_fail(player, "the recording is damaged: a file is too large");
    player_aside();
    int err = host_file_truncate(file->fd, 0);
    if (!err) err = host_file_truncate(file->fd, (int64_t)size);
    const bool sealed = err == -EPERM; /* then it cannot have changed since */
    if (err && !sealed) play_fail(player, "no memory for a file of the recording");
    for (uint64_t at = 0; at < size; at += TRACE_PIECE) {
        struct trace_key key;
        const uint8_t *bytes;
        size_t n;
        memcpy(&key, play_bytes(player, sizeof key), sizeof key);
        if (sealed || (key.low == 0 && key.high == 0)) continue;
        if (!trace_reader_content(player->reader, &key, &bytes, &n)) play_fail(player, "the recording is damaged: a piece of a file is not there");
        write_all(file->fd, (const char *)bytes, n < size - at ? n : (size_t)(size - at), (int64_t)at);
    }
    player_back(player);
}

int player_backing(struct host_door *door, int fd) {
    struct player *player = player_of(door);
    play_take(player, ENTRY_BACKING);
    const int64_t r = play_signed(player);
    if (r < 0) return (int)r;
    const uint64_t number = play_number(player);
    player_aside();
    struct player_file *file = make_file(player, number);
    player_back(player);
    if (!file) play_fail(player, "no memory for a file of the recording");
    if (play_number(player)) take_contents(player, file);
    const uint64_t seals = play_number(player);
    player_aside();
    if (seals) host_file_add_seals(file->fd, (unsigned)seals);
    const int made = host_backing_dup(file->fd);
    player_back(player);
    return made;
}

void player_changed(struct host_door *door, int fd) {
    struct player *player = player_of(door);
    if (play_peek(player) != ENTRY_CHANGED) return;
    play_take(player, ENTRY_CHANGED);
    struct player_file *file = file_of(player, play_number(player));
    if (!file) play_fail(player, "the recording is damaged: a file changed that was not mapped");
    take_contents(player, file);
}

static void show(struct player *player, int fd, const void *bytes, size_t n) {
    const struct player_output *output = output_of(player, fd);
    uint64_t *shown = player->session.shown;
    if (!output || !player->shows || (shown && player->session.n_entries <= *shown)) return;
    write_all(output->number, bytes, n, -1);
    if (shown) *shown = player->session.n_entries;
}

void player_wrote(struct host_door *door, int fd, const void *bytes, int64_t n, int64_t offset) {
    struct player *player = player_of(door);
    uint32_t there;
    if (n <= 0) return;
    play_take(player, ENTRY_WROTE);
    const uint64_t number = play_number(player);
    const int64_t at = number ? play_signed(player) : 0;
    const struct player_file *file = number ? file_of(player, number - 1) : NULL;
    memcpy(&there, play_bytes(player, sizeof there), sizeof there);
    if (session_check(bytes, (size_t)n) != there) {
        play_fail(player, "the run differs from the recording: it writes other bytes (their check is 0x%x here, 0x%x there)",
                  session_check(bytes, (size_t)n), there);
    }
    player_aside();
    if (file && at >= 0 && at < CONTENTS_MAX) write_all(file->fd, bytes, (size_t)n, at);
    show(player, fd, bytes, (size_t)n);
    player_back(player);
}

void player_free_files(struct player *player) {
    struct player_file *file, *next_file;
    struct player_output *output, *next_output;
    HASH_ITER(hh, player->files, file, next_file) {
        HASH_DEL(player->files, file);
        host_backing_close(file->fd);
        free(file);
    }
    HASH_ITER(hh, player->outputs, output, next_output) {
        HASH_DEL(player->outputs, output);
        free(output);
    }
}
