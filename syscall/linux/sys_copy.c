/* SPDX-License-Identifier: ISC */
/* Moving bytes from file to file without the guest's memory: sendfile(2), copy_file_range(2). What was read but not
 * accepted is given back: the source is a file that can seek. */
#include "syscall/linux/call.h"
#include "syscall/linux/process/signal.h"

#include <stdio.h>
#include <stdlib.h>

struct copy {
    struct task *task;
    struct file *from, *to;
    int64_t from_at, to_at; /* offsets, or IO_AT_POSITION */
};

static int64_t move(struct copy *copy, struct file *file, char *buf, size_t n, int64_t *at, bool write) {
    const struct io_segment segment = {(uint64_t)(uintptr_t)buf, n};
    struct io io;
    io_init(&io, NULL, &segment, 1, &copy->task->sched);
    io.offset = *at;
    int64_t r = write ? call_limit_write(copy->task, file, &io) : 0;
    if (r == 0) r = write ? file_write(file, &io) : file_read(file, &io);
    task_count_io(copy->task, write, r);
    if (io.broken) signal_send_task(copy->task, SIGPIPE, SI_USER);
    if (write) call_file_written(copy->task, file, *at, r);
    if (r > 0 && *at != IO_AT_POSITION) *at += r;
    return r;
}

/* Sets the source back by n bytes that the target did not take. */
static void give_back(struct copy *copy, int64_t n) {
    if (copy->from_at != IO_AT_POSITION) {
        copy->from_at -= n;
    } else {
        file_seek(copy->from, -n, SEEK_CUR);
    }
}

static int64_t write_all(struct copy *copy, char *buf, int64_t n) {
    int64_t done = 0;
    while (done < n) {
        const int64_t put = move(copy, copy->to, buf + done, (size_t)(n - done), &copy->to_at, true);
        if (put <= 0) return done ? done : put;
        done += put;
    }
    return done;
}

static int64_t copy_bytes(struct copy *copy, uint64_t n) {
    uint64_t done = 0;
    int64_t r = 0;
    char *buf = malloc(IO_CHUNK);
    if (!buf) return -ENOMEM;
    while (done < n) {
        const size_t step = n - done < IO_CHUNK ? (size_t)(n - done) : IO_CHUNK;
        const int64_t got = move(copy, copy->from, buf, step, &copy->from_at, false);
        r = got > 0 ? write_all(copy, buf, got) : got;
        if (got > 0 && r < got) give_back(copy, got - (r > 0 ? r : 0));
        if (r > 0) done += (uint64_t)r;
        if (r < (int64_t)step) break;
    }
    free(buf);
    return done ? (int64_t)done : r;
}

/* An offset argument in guest memory; gva 0: the file's position. */
static int fetch_offset(struct task *task, uint64_t gva, int64_t *at) {
    *at = IO_AT_POSITION;
    if (!gva) return 0;
    const int err = copy_from_guest(task, at, gva, sizeof *at);
    return err ? err : *at < 0 ? -EINVAL : 0;
}

static int64_t store_offset(struct task *task, uint64_t gva, int64_t at, int64_t r) {
    return gva && r >= 0 && copy_to_guest(task, gva, &at, sizeof at) ? -EFAULT : r;
}

/* Both files, counted. Returns 0 or -EBADF with none. */
static int open_both(struct copy *copy, uint64_t from, uint64_t to) {
    copy->from = call_file(copy->task, from);
    copy->to = call_file(copy->task, to);
    if (copy->from && copy->to && file_readable(copy->from) && file_writable(copy->to)) return 0;
    file_put(copy->from);
    file_put(copy->to);
    return -EBADF;
}

static void close_both(struct copy *copy) {
    file_put(copy->from);
    file_put(copy->to);
}

int64_t sys_sendfile(struct task *task, const uint64_t arg[6]) {
    struct copy copy = {.task = task, .to_at = IO_AT_POSITION};
    int64_t r = fetch_offset(task, arg[2], &copy.from_at);
    if (r == 0) r = open_both(&copy, arg[1], arg[0]);
    if (r) return r;
    const uint64_t n = arg[3] < IO_MAX ? arg[3] : IO_MAX;
    if (!copy.from->ops->seekable || atomic_load(&copy.to->flags) & O_APPEND) {
        r = -EINVAL;
    } else {
        r = copy_bytes(&copy, n);
        r = store_offset(task, arg[2], copy.from_at, r);
    }
    close_both(&copy);
    return r;
}

static int check_range(const struct copy *copy) {
    struct linux_stat from, to;
    int r = file_stat(copy->from, &from);
    if (r == 0) r = file_stat(copy->to, &to);
    if (r) return r;
    if ((from.mode & S_IFMT) == S_IFDIR || (to.mode & S_IFMT) == S_IFDIR) return -EISDIR;
    if ((from.mode & S_IFMT) != S_IFREG || (to.mode & S_IFMT) != S_IFREG) return -EINVAL;
    return atomic_load(&copy->to->flags) & O_APPEND ? -EBADF : 0;
}

int64_t sys_copy_file_range(struct task *task, const uint64_t arg[6]) {
    struct copy copy = {.task = task};
    int64_t r = open_both(&copy, arg[0], arg[2]);
    if (r) return r;
    r = fetch_offset(task, arg[1], &copy.from_at);
    if (r == 0) r = fetch_offset(task, arg[3], &copy.to_at);
    if (r == 0) r = arg[5] ? -EINVAL : check_range(&copy);
    if (r == 0) r = copy_bytes(&copy, arg[4] < IO_MAX ? arg[4] : IO_MAX);
    r = store_offset(task, arg[1], copy.from_at, r);
    r = store_offset(task, arg[3], copy.to_at, r);
    close_both(&copy);
    return r;
}
