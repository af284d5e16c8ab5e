/* SPDX-License-Identifier: ISC */
/* splice(2), tee(2), vmsplice(2): bytes between a pipe and something else. They are copied; what was taken out of a pipe or a file
 * and not accepted on the other side goes back to its front. */
#include "syscall/linux/call.h"
#include "syscall/linux/fs/pipe.h"
#include "syscall/linux/process/signal.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2, SPLICE_F_MORE = 4, SPLICE_F_GIFT = 8, SPLICE_F_ALL = 15 };

struct splice {
    struct task *task;
    struct file *from, *to;
    int64_t from_at, to_at; /* offsets, or IO_AT_POSITION */
    bool nonblock;
    char *buf;
};

static int64_t move(struct splice *s, bool write, char *buf, size_t n, bool nonblock) {
    const struct io_segment segment = {(uint64_t)(uintptr_t)buf, n};
    struct file *file = write ? s->to : s->from;
    int64_t *at = write ? &s->to_at : &s->from_at;
    struct io io;
    io_init(&io, NULL, &segment, 1, &s->task->sched);
    io.offset = *at;
    io.nonblock = nonblock;
    int64_t r = write ? call_limit_write(s->task, file, &io) : 0;
    if (r == 0) r = write ? file_write(file, &io) : file_read(file, &io);
    if (io.broken) signal_send_task(s->task, SIGPIPE, SI_USER);
    if (write) call_file_written(s->task, file, *at, r);
    if (r > 0 && *at != IO_AT_POSITION) *at += r;
    return r;
}

static int64_t take(struct splice *s, size_t n, bool nonblock) {
    if (file_is_pipe(s->from)) return pipe_take(s->from, &s->task->sched, nonblock, s->buf, n);
    return move(s, false, s->buf, n, nonblock);
}

/* The other side accepted so many of n bytes. */
static void settle(struct splice *s, int64_t n, int64_t accepted) {
    if (file_is_pipe(s->from)) pipe_settle(s->from, s->buf, (size_t)n, (size_t)accepted);
    else if (s->from_at != IO_AT_POSITION) s->from_at -= n - accepted;
    else if (s->from->ops->seekable && n > accepted) file_seek(s->from, accepted - n, SEEK_CUR);
}

/* One buffer full. What came from a stream that cannot take it back is written to the end, however long it takes. */
static int64_t move_chunk(struct splice *s, size_t n, bool nonblock) {
    const bool returnable = file_is_pipe(s->from) || s->from->ops->seekable;
    const int64_t got = take(s, n, nonblock);
    int64_t done = 0, put = 0;
    while (done < got) {
        put = move(s, true, s->buf + done, (size_t)(got - done), (s->nonblock || done > 0) && returnable);
        if (put <= 0) break;
        done += put;
    }
    if (got <= 0) return got;
    settle(s, got, done);
    return done ? done : put;
}

/* How much may be moved at once: never more than the pipe to be written has room for, so that a write to it does not sleep after a
 * read has begun. Waits for room. */
static int64_t room(const struct splice *s, uint64_t n, bool nonblock) {
    const size_t step = n < IO_CHUNK ? (size_t)n : IO_CHUNK;
    return file_is_pipe(s->to) ? pipe_wait_room(s->to, &s->task->sched, nonblock, step) : (int64_t)step;
}

static int64_t move_all(struct splice *s, uint64_t n) {
    uint64_t done = 0;
    int64_t r = 0;
    s->buf = malloc(IO_CHUNK);
    if (!s->buf) return -ENOMEM;
    while (done < n) {
        const bool nonblock = s->nonblock || done > 0;
        r = room(s, n - done, nonblock);
        const int64_t step = r;
        if (r > 0) r = move_chunk(s, (size_t)step, nonblock);
        if (r <= 0) break;
        done += (uint64_t)r;
        if (r < step && !file_is_pipe(s->from)) break;
    }
    free(s->buf);
    if (r == -EPIPE && !done) signal_send_task(s->task, SIGPIPE, SI_USER);
    return done ? (int64_t)done : r;
}

static int fetch_offset(struct task *task, struct file *file, uint64_t gva, int64_t *at) {
    *at = IO_AT_POSITION;
    if (!gva) return 0;
    if (file_is_pipe(file)) return -ESPIPE;
    return copy_from_guest(task, at, gva, sizeof *at);
}

static int64_t store_offset(struct task *task, uint64_t gva, int64_t at, int64_t r) {
    return gva && r >= 0 && copy_to_guest(task, gva, &at, sizeof at) ? -EFAULT : r;
}

static int check(const struct splice *s) {
    const bool from_pipe = file_is_pipe(s->from), to_pipe = file_is_pipe(s->to);
    if (!file_readable(s->from) || !file_writable(s->to)) return -EBADF;
    if (!from_pipe && !to_pipe) return -EINVAL;
    if (from_pipe && to_pipe && pipe_same(s->from, s->to)) return -EINVAL;
    if (!s->from->ops->read || !s->to->ops->write) return -EINVAL;
    return from_pipe && !to_pipe && (atomic_load(&s->to->flags) & O_APPEND) ? -EINVAL : 0;
}

static int64_t splice_files(struct splice *s, const uint64_t arg[6]) {
    int64_t r = fetch_offset(s->task, s->from, arg[1], &s->from_at);
    if (r == 0) r = fetch_offset(s->task, s->to, arg[3], &s->to_at);
    if (r == 0 && ((arg[1] && s->from_at < 0) || (arg[3] && s->to_at < 0))) r = -EINVAL;
    if (r == 0 && ((arg[1] && !s->from->ops->seekable) || (arg[3] && !s->to->ops->seekable))) r = -EINVAL;
    if (r == 0) r = check(s);
    if (r == 0) r = move_all(s, arg[4] < IO_MAX ? arg[4] : IO_MAX);
    r = store_offset(s->task, arg[1], s->from_at, r);
    return store_offset(s->task, arg[3], s->to_at, r);
}

int64_t sys_splice(struct task *task, const uint64_t arg[6]) {
    struct splice s = {.task = task, .nonblock = (arg[5] & SPLICE_F_NONBLOCK) != 0};
    if (arg[4] == 0) return 0;
    if ((unsigned)arg[5] & ~(unsigned)SPLICE_F_ALL) return -EINVAL;
    s.from = call_open_file(task, arg[0]);
    s.to = call_open_file(task, arg[2]);
    const int64_t r = s.from && s.to ? splice_files(&s, arg) : -EBADF;
    file_put(s.from);
    file_put(s.to);
    return r;
}

static int64_t tee_pipes(struct splice *s, size_t n) {
    if (!file_readable(s->from) || !file_writable(s->to)) return -EBADF;
    if (!file_is_pipe(s->from) || !file_is_pipe(s->to) || pipe_same(s->from, s->to)) return -EINVAL;
    s->buf = malloc(IO_CHUNK);
    if (!s->buf) return -ENOMEM;
    s->to_at = IO_AT_POSITION;
    int64_t r = pipe_wait_room(s->to, &s->task->sched, s->nonblock, n < IO_CHUNK ? n : IO_CHUNK);
    if (r > 0) r = pipe_peek(s->from, &s->task->sched, s->nonblock, s->buf, (size_t)r);
    if (r > 0) r = move(s, true, s->buf, (size_t)r, s->nonblock);
    else if (r == -EPIPE) signal_send_task(s->task, SIGPIPE, SI_USER);
    free(s->buf);
    return r;
}

int64_t sys_tee(struct task *task, const uint64_t arg[6]) {
    struct splice s = {.task = task, .nonblock = (arg[3] & SPLICE_F_NONBLOCK) != 0};
    if ((unsigned)arg[3] & ~(unsigned)SPLICE_F_ALL) return -EINVAL;
    if (arg[2] == 0) return 0;
    s.from = call_open_file(task, arg[0]);
    s.to = call_open_file(task, arg[1]);
    const int64_t r = s.from && s.to ? tee_pipes(&s, arg[2]) : -EBADF;
    file_put(s.from);
    file_put(s.to);
    return r;
}

static int64_t vmsplice_pipe(struct task *task, struct file *file, const uint64_t arg[6]) {
    enum { SEGMENTS_MAX = 1024 };
    if (arg[2] > SEGMENTS_MAX) return -EINVAL;
    struct io_segment *segments = malloc((arg[2] ? arg[2] : 1) * sizeof *segments);
    if (!segments) return -ENOMEM;
    struct io io;
    int64_t r = arg[2] ? copy_from_guest(task, segments, arg[1], arg[2] * sizeof *segments) : 0;
    if (r == 0 && !file_is_pipe(file)) r = -EBADF;
    if (r == 0) {
        io_init(&io, task_space(task), segments, (unsigned)arg[2], &task->sched);
        io.nonblock = (arg[3] & SPLICE_F_NONBLOCK) != 0;
        r = file_writable(file) ? file_write(file, &io) : file_read(file, &io);
        if (io.broken) signal_send_task(task, SIGPIPE, SI_USER);
    }
    free(segments);
    return r;
}

int64_t sys_vmsplice(struct task *task, const uint64_t arg[6]) {
    if ((unsigned)arg[3] & ~(unsigned)SPLICE_F_ALL) return -EINVAL;
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = vmsplice_pipe(task, file, arg);
    file_put(file);
    return r;
}
