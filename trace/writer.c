/* SPDX-License-Identifier: ISC */
/* A queue of frames and the thread that empties it. A frame is written by one call where the host lets it, so that a process that is
 * killed leaves whole frames and at most one cut one behind. */
#include "trace/writer.h"

#include "base/error.h"
#include "base/list.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/thread.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#define UTHASH_NO_STDIO 1
#include <uthash.h>

enum { QUEUED_MAX = 16 << 20 };
enum { CREATE_FLAGS = 01 | 0100 | 01000, CREATE_MODE = 0666 }; /* O_WRONLY | O_CREAT | O_TRUNC */
#define SECOND_NS INT64_C(1000000000)

struct queued {
    struct list node;
    enum trace_frame_type type;
    uint32_t n;
    void *bytes; /* owned */
};

struct known_piece {
    struct trace_key key;
    UT_hash_handle hh;
};

struct trace_writer {
    int fd, level;              /* immutable */
    ZSTD_CCtx *compressor;      /* the thread's */
    struct known_piece *pieces; /* the caller's thread */

    struct host_mutex lock;
    void (*on_second)(void *arg); /* guarded by lock, and arg */
    void *arg;
    struct list queue;          /* guarded by lock */
    size_t queued;              /* guarded by lock: bytes in the queue */
    bool stops;                 /* guarded by lock */
    _Atomic uint32_t changes;   /* atomic, futex word: counts what the other side may wait for */
    _Atomic int error;          /* atomic: the first one */
    _Atomic uint32_t ended;     /* atomic, futex word */
};

static void changed(struct trace_writer *writer) {
    atomic_fetch_add(&writer->changes, 1);
    host_futex_wake(&writer->changes, INT32_MAX);
}

static int write_all(int fd, const char *bytes, size_t n) {
    while (n) {
        const int64_t put = host_file_write(fd, bytes, n);
        if (put == -EINTR) continue;
        if (put <= 0) return put < 0 ? (int)put : -EIO;
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

static int write_frame(struct trace_writer *writer, enum trace_frame_type type, const void *bytes, uint32_t n) {
    struct trace_frame frame = {.type = type, .raw = n, .stored = n};
    const size_t room = ZSTD_compressBound(n);
    char *out = malloc(sizeof frame + room);
    if (!out) return -ENOMEM;
    const size_t stored = ZSTD_compressCCtx(writer->compressor, out + sizeof frame, room, bytes, n, writer->level);
    if (ZSTD_isError(stored) || stored >= n) memcpy(out + sizeof frame, bytes, n);
    else frame.stored = (uint32_t)stored;
    frame.check = trace_check(&frame, out + sizeof frame);
    memcpy(out, &frame, sizeof frame);
    const int err = write_all(writer->fd, out, sizeof frame + frame.stored);
    free(out);
    return err;
}

static struct queued *take(struct trace_writer *writer, bool *stops) {
    struct queued *frame = NULL;
    host_mutex_lock(&writer->lock);
    if (!list_empty(&writer->queue)) {
        frame = CONTAINER_OF(writer->queue.next, struct queued, node);
        list_remove(&frame->node);
    }
    *stops = writer->stops;
    host_mutex_unlock(&writer->lock);
    return frame;
}

static void finish(struct trace_writer *writer, struct queued *frame) {
    const int err = atomic_load(&writer->error) ? 0 : write_frame(writer, frame->type, frame->bytes, frame->n);
    if (err) atomic_store(&writer->error, err);
    host_mutex_lock(&writer->lock);
    writer->queued -= frame->n;
    host_mutex_unlock(&writer->lock);
    free(frame->bytes);
    free(frame);
    changed(writer);
}

static void tell_second(struct trace_writer *writer) {
    host_mutex_lock(&writer->lock);
    void (*const fn)(void *) = writer->on_second;
    void *const arg = writer->arg;
    host_mutex_unlock(&writer->lock);
    if (fn) fn(arg);
}

static void run(void *arg) {
    struct trace_writer *writer = arg;
    int64_t next = host_clock_monotonic_ns() + SECOND_NS;
    for (bool stops = false;;) {
        const uint32_t seen = atomic_load(&writer->changes);
        struct queued *frame = take(writer, &stops);
        if (frame) finish(writer, frame);
        else if (stops) break;
        else host_futex_wait(&writer->changes, seen, next);
        if (host_clock_monotonic_ns() < next) continue;
        if (!stops) tell_second(writer);
        next = host_clock_monotonic_ns() + SECOND_NS;
    }
    atomic_store(&writer->ended, 1);
    host_futex_wake(&writer->ended, INT32_MAX);
}

static int write_start(int fd) {
    const struct trace_start start = {.magic = TRACE_MAGIC, .version = TRACE_VERSION};
    return write_all(fd, (const char *)&start, sizeof start);
}

static struct trace_writer *give_up(struct trace_writer *writer) {
    if (writer->fd >= 0) host_file_close(writer->fd);
    ZSTD_freeCCtx(writer->compressor);
    free(writer);
    return NULL;
}

struct trace_writer *trace_writer_new(const char *path, int level, int *err) {
    struct trace_writer *writer = calloc(1, sizeof *writer);
    *err = -ENOMEM;
    if (!writer) return NULL;
    writer->level = level;
    writer->compressor = ZSTD_createCCtx();
    writer->fd = writer->compressor ? host_file_open_at(HOST_CWD, path, CREATE_FLAGS, CREATE_MODE) : -ENOMEM;
    *err = writer->fd < 0 ? writer->fd : write_start(writer->fd);
    if (*err) return give_up(writer);
    list_init(&writer->queue);
    host_mutex_init(&writer->lock);
    *err = host_thread_start(run, writer);
    return *err ? give_up(writer) : writer;
}

void trace_writer_on_second(struct trace_writer *writer, void (*fn)(void *arg), void *arg) {
    host_mutex_lock(&writer->lock);
    writer->on_second = fn;
    writer->arg = arg;
    host_mutex_unlock(&writer->lock);
}

static void wait_for_room(struct trace_writer *writer) {
    for (;;) {
        const uint32_t seen = atomic_load(&writer->changes);
        host_mutex_lock(&writer->lock);
        const bool full = writer->queued > QUEUED_MAX;
        host_mutex_unlock(&writer->lock);
        if (!full) return;
        host_futex_wait(&writer->changes, seen, HOST_NEVER);
    }
}

void trace_writer_put(struct trace_writer *writer, enum trace_frame_type type, void *bytes, size_t n) {
    struct queued *frame = malloc(sizeof *frame);
    if (!frame || n > TRACE_RAW_MAX) {
        atomic_store(&writer->error, -ENOMEM);
        free(frame);
        free(bytes);
        return;
    }
    *frame = (struct queued){.type = type, .n = (uint32_t)n, .bytes = bytes};
    wait_for_room(writer);
    host_mutex_lock(&writer->lock);
    list_append(&writer->queue, &frame->node);
    writer->queued += n;
    host_mutex_unlock(&writer->lock);
    changed(writer);
}

int trace_writer_content(struct trace_writer *writer, const void *bytes, uint32_t n, struct trace_key *key) {
    struct known_piece *known;
    *key = trace_key_of(bytes, n);
    HASH_FIND(hh, writer->pieces, key, sizeof *key, known);
    if (known) return 0;
    known = malloc(sizeof *known);
    char *copy = malloc(sizeof *key + n);
    if (!known || !copy) {
        free(known);
        free(copy);
        return -ENOMEM;
    }
    known->key = *key;
    HASH_ADD(hh, writer->pieces, key, sizeof *key, known);
    memcpy(copy, key, sizeof *key);
    memcpy(copy + sizeof *key, bytes, n);
    trace_writer_put(writer, TRACE_CONTENT, copy, sizeof *key + n);
    return 0;
}

int trace_writer_error(struct trace_writer *writer) {
    return atomic_load(&writer->error);
}

static void stop(struct trace_writer *writer) {
    host_mutex_lock(&writer->lock);
    writer->stops = true;
    host_mutex_unlock(&writer->lock);
    changed(writer);
    while (!atomic_load(&writer->ended)) host_futex_wait(&writer->ended, 0, HOST_NEVER);
}

int trace_writer_free(struct trace_writer *writer) {
    struct known_piece *known, *next;
    stop(writer);
    HASH_ITER(hh, writer->pieces, known, next) {
        HASH_DEL(writer->pieces, known);
        free(known);
    }
    const int err = atomic_load(&writer->error);
    host_file_close(writer->fd);
    ZSTD_freeCCtx(writer->compressor);
    host_mutex_fini(&writer->lock);
    free(writer);
    return err;
}
