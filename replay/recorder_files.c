/* SPDX-License-Identifier: ISC */
/* What a recording keeps of files. Reads and writes are answers like others; but of a file that is mapped (or executed) the contents go into
 * the trace, because a replay's mappings are of memory with them, and every later change by a call is told, so that memory follows. */
#include "replay/recorder.h"

#include "base/error.h"
#include "base/list.h"
#include "host/backing.h"
#include "host/file.h"

#include <stdlib.h>
#include <string.h>

enum { DESCRIPTORS_MAX = 1 << 20 };

static struct recorder *recorder_of(struct host_door *door) {
    return CONTAINER_OF(door, struct recorder, session.door);
}

/* Calls in between are of our own, not of the machine. */
static void aside(void) {
    host_door_set(NULL);
}

static void back(struct recorder *recorder) {
    host_door_set(&recorder->session.door);
}

/* NULL: without memory, or not one of the door's. */
static struct recorder_descriptor *descriptor(struct recorder *recorder, int fd) {
    const int i = fd - HOST_DOOR_DESCRIPTORS;
    if (i < 0 || i >= DESCRIPTORS_MAX) return NULL;
    if (i >= recorder->n_descriptors) {
        const int n = i * 2 + 64;
        struct recorder_descriptor *grown = realloc(recorder->descriptors, (size_t)n * sizeof *grown);
        if (!grown) return NULL;
        memset(grown + recorder->n_descriptors, 0, (size_t)(n - recorder->n_descriptors) * sizeof *grown);
        recorder->descriptors = grown;
        recorder->n_descriptors = n;
    }
    return &recorder->descriptors[i];
}

void recorder_opened(struct recorder *recorder, int fd) {
    struct recorder_descriptor *at = descriptor(recorder, fd);
    if (at) *at = (struct recorder_descriptor){.is_open = true};
}

void recorder_closed(struct host_door *door, int fd) {
    struct recorder_descriptor *at = descriptor(recorder_of(door), fd);
    if (at) *at = (struct recorder_descriptor){.is_open = false};
}

void recorder_duplicated(struct host_door *door, int fd, int of) {}

static struct recorder_file *find(struct recorder *recorder, const struct host_stat *stat) {
    const struct recorder_file_id id = {stat->dev, stat->ino};
    struct recorder_file *file;
    HASH_FIND(hh, recorder->files, &id, sizeof id, file);
    return file;
}

/* The mapped file behind a descriptor, or NULL. */
static struct recorder_file *file_of(struct recorder *recorder, int fd) {
    struct host_stat stat;
    struct recorder_descriptor *at = recorder->n_files ? descriptor(recorder, fd) : NULL;
    if (!at) return NULL;
    if (at->looked == recorder->n_files + 1) return at->file;
    aside();
    at->file = host_file_stat(fd - HOST_DOOR_DESCRIPTORS, &stat) == 0 ? find(recorder, &stat) : NULL;
    back(recorder);
    at->looked = recorder->n_files + 1;
    return at->file;
}

static int64_t change_time(const struct host_stat *stat) {
    return stat->mtime.sec * 1000000000 + stat->mtime.nsec + stat->ctime.sec * 1000000000 + stat->ctime.nsec;
}

static bool is_zero(const char *bytes, size_t n) {
    return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* As many bytes as there are, at most n. */
static size_t read_piece(int fd, char *out, size_t n, int64_t at) {
    size_t done = 0;
    while (done < n) {
        const int64_t got = host_file_read_at(fd, out + done, n - done, at + (int64_t)done);
        if (got == -EINTR) continue;
        if (got <= 0) break;
        done += (size_t)got;
    }
    return done;
}

/* The pieces go into the trace; their keys are malloc'ed. What cannot be read is zeros. Returns NULL without memory. */
static struct trace_key *store(struct recorder *recorder, int fd, int64_t size, size_t *n) {
    *n = (size_t)((size + TRACE_PIECE - 1) / TRACE_PIECE);
    struct trace_key *keys = calloc(*n + 1, sizeof *keys);
    char *bytes = malloc(TRACE_PIECE);
    int err = keys && bytes ? 0 : -ENOMEM;
    for (size_t i = 0; i < *n && !err; i++) {
        const int64_t at = (int64_t)i * TRACE_PIECE;
        const size_t got = read_piece(fd, bytes, size - at < TRACE_PIECE ? (size_t)(size - at) : TRACE_PIECE, at);
        if (!is_zero(bytes, got)) err = trace_writer_content(recorder->writer, bytes, (uint32_t)got, &keys[i]);
    }
    free(bytes);
    if (!err) return keys;
    free(keys);
    return NULL;
}

/* How the file is now, as an entry's contents: gathered before the entry begins. */
struct contents {
    int64_t size;
    struct trace_key *keys; /* owned */
    size_t n;
};

static int take_contents(struct recorder *recorder, struct recorder_file *file, struct contents *out) {
    struct host_stat stat;
    int err = host_file_stat(file->fd, &stat);
    if (err) return err;
    out->size = (stat.mode & 0170000) == 0100000 ? stat.size : 0;
    out->keys = store(recorder, file->fd, out->size, &out->n);
    if (!out->keys) return -ENOMEM;
    file->size = stat.size;
    file->changed_ns = change_time(&stat);
    return 0;
}

static void log_contents(struct recorder *recorder, struct contents *contents) {
    log_number(recorder, (uint64_t)contents->size);
    log_bytes(recorder, contents->keys, contents->n * sizeof *contents->keys);
    free(contents->keys);
}

void recorder_changed(struct host_door *door, int fd) {
    struct recorder *recorder = recorder_of(door);
    struct recorder_file *file = file_of(recorder, fd);
    struct contents contents;
    if (!file) return;
    aside();
    const int err = take_contents(recorder, file, &contents);
    back(recorder);
    if (err) return;
    log_begin(recorder, ENTRY_CHANGED, contents.n * sizeof *contents.keys);
    log_number(recorder, file->number);
    log_contents(recorder, &contents);
}

void recorder_wrote(struct host_door *door, int fd, const void *bytes, int64_t n, int64_t offset) {
    struct recorder *recorder = recorder_of(door);
    if (n <= 0) return;
    const struct recorder_file *file = file_of(recorder, fd);
    const uint32_t check = session_check(bytes, (size_t)n);
    if (file && offset < 0) {
        aside();
        offset = host_file_seek(fd - HOST_DOOR_DESCRIPTORS, 0, 1) - n;
        back(recorder);
    }
    log_begin(recorder, ENTRY_WROTE, sizeof check);
    log_number(recorder, file ? file->number + 1 : 0);
    if (file) log_signed(recorder, offset);
    log_bytes(recorder, &check, sizeof check);
}

static struct recorder_file *add_file(struct recorder *recorder, const struct host_stat *stat, int native) {
    struct recorder_file *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->fd = host_backing_dup(native);
    if (file->fd < 0) {
        free(file);
        return NULL;
    }
    file->id = (struct recorder_file_id){stat->dev, stat->ino};
    file->number = recorder->n_files++;
    file->size = -1;
    HASH_ADD(hh, recorder->files, id, sizeof file->id, file);
    return file;
}

/* Returns the descriptor to map by, or -E. */
static int map_aside(struct recorder *recorder, int native, struct recorder_file **file, struct contents *contents) {
    struct host_stat stat;
    const int made = host_backing_dup(native);
    int err = made < 0 ? made : host_file_stat(native, &stat);
    if (!err) *file = find(recorder, &stat);
    if (!err && !*file) *file = add_file(recorder, &stat, native);
    if (!err && !*file) err = -ENOMEM;
    if (!err && ((*file)->size != stat.size || (*file)->changed_ns != change_time(&stat))) err = take_contents(recorder, *file, contents);
    if (err && made >= 0) host_backing_close(made);
    return err ? err : made;
}

int recorder_backing(struct host_door *door, int fd) {
    struct recorder *recorder = recorder_of(door);
    struct recorder_file *file = NULL;
    struct contents contents = {.keys = NULL};
    aside();
    const int r = map_aside(recorder, fd - HOST_DOOR_DESCRIPTORS, &file, &contents);
    const int seals = host_file_get_seals(fd - HOST_DOOR_DESCRIPTORS);
    back(recorder);
    log_begin(recorder, ENTRY_BACKING, contents.n * sizeof *contents.keys);
    log_signed(recorder, r < 0 ? r : 0);
    if (r < 0) return r;
    log_number(recorder, file->number);
    log_number(recorder, contents.keys != NULL);
    if (contents.keys) log_contents(recorder, &contents);
    log_number(recorder, seals > 0 ? (uint64_t)seals : 0);
    return r;
}

void recorder_free_files(struct recorder *recorder) {
    struct recorder_file *file, *next;
    HASH_ITER(hh, recorder->files, file, next) {
        HASH_DEL(recorder->files, file);
        host_backing_close(file->fd);
        free(file);
    }
    for (int i = 0; i < recorder->n_descriptors; i++) {
        if (recorder->descriptors[i].is_open) host_file_close(i);
    }
    free(recorder->descriptors);
}
