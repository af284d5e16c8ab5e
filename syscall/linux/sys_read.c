/* SPDX-License-Identifier: ISC */
/* read(2), write(2) and their vector and positioned forms. The bytes move in fs/; here the arguments are checked. */
#include "syscall/linux/call.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>

enum transfer_kind { TRANSFER_READ, TRANSFER_WRITE };

/* offset: IO_AT_POSITION or the place. flags: RWF_*. */
static int64_t transfer(struct task *task, uint64_t fd, const struct io_segment *segments, unsigned n,
                        int64_t offset, unsigned flags, enum transfer_kind kind) {
    struct file *file = call_file(task, fd);
    if (!file) return -EBADF;
    struct io io;
    io_init(&io, task_space(task), segments, n, &task->sched);
    io.offset = offset;
    io.nonblock = (flags & RWF_NOWAIT) != 0;
    io.append = (flags & RWF_APPEND) != 0;
    io.sync = (flags & (RWF_DSYNC | RWF_SYNC)) != 0;
    int64_t r = kind == TRANSFER_WRITE ? call_limit_write(task, file, &io) : 0;
    if (r == 0) r = kind == TRANSFER_READ ? file_read(file, &io) : file_write(file, &io);
    if (kind == TRANSFER_WRITE) call_file_written(task, file, io.append ? IO_AT_POSITION : offset, r);
    task_count_io(task, kind == TRANSFER_WRITE, r);
    file_put(file);
    if (io.broken) signal_send_task(task, SIGPIPE, SI_USER);
    return r;
}

static int64_t transfer_one(struct task *task, const uint64_t arg[6], int64_t offset, enum transfer_kind kind) {
    const struct io_segment segment = {arg[1], arg[2]};
    if ((int64_t)arg[2] < 0) {
        struct file *file = call_file(task, arg[0]);
        file_put(file);
        return file ? -EINVAL : -EBADF;
    }
    return transfer(task, arg[0], &segment, 1, offset, 0, kind);
}

int64_t sys_read(struct task *task, const uint64_t arg[6]) {
    return transfer_one(task, arg, IO_AT_POSITION, TRANSFER_READ);
}

int64_t sys_write(struct task *task, const uint64_t arg[6]) {
    return transfer_one(task, arg, IO_AT_POSITION, TRANSFER_WRITE);
}

int64_t sys_pread64(struct task *task, const uint64_t arg[6]) {
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_one(task, arg, (int64_t)arg[3], TRANSFER_READ);
}

int64_t sys_pwrite64(struct task *task, const uint64_t arg[6]) {
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_one(task, arg, (int64_t)arg[3], TRANSFER_WRITE);
}

/* Reads the vector and checks that the sum of sizes is no negative number. */
static int fetch_segments(struct task *task, struct io_segment *segments, uint64_t gva, unsigned n) {
    _Static_assert(sizeof(struct linux_iovec) == sizeof *segments, "an iovec is a segment");
    const int err = n ? copy_from_guest(task, segments, gva, n * sizeof *segments) : 0;
    if (err) return err;
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++) {
        if ((int64_t)segments[i].size < 0) return -EINVAL;
        if (__builtin_add_overflow(sum, segments[i].size, &sum) || (int64_t)sum < 0) return -EINVAL;
    }
    return 0;
}

static int64_t transfer_vector(struct task *task, const uint64_t arg[6], int64_t offset, unsigned flags,
                               enum transfer_kind kind) {
    struct io_segment few[8], *segments = few;
    const unsigned n = (unsigned)arg[2];
    struct file *file = call_file(task, arg[0]);
    file_put(file);
    if (!file) return -EBADF;
    if (arg[2] > LINUX_IOV_MAX) return -EINVAL;
    if (n > ARRAY_LEN(few) && !(segments = malloc(n * sizeof *segments))) return -ENOMEM;
    int64_t r = fetch_segments(task, segments, arg[1], n);
    if (r == 0) r = transfer(task, arg[0], segments, n, offset, flags, kind);
    if (segments != few) free(segments);
    return r;
}

int64_t sys_readv(struct task *task, const uint64_t arg[6]) {
    return transfer_vector(task, arg, IO_AT_POSITION, 0, TRANSFER_READ);
}

int64_t sys_writev(struct task *task, const uint64_t arg[6]) {
    return transfer_vector(task, arg, IO_AT_POSITION, 0, TRANSFER_WRITE);
}

int64_t sys_preadv(struct task *task, const uint64_t arg[6]) {
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(task, arg, (int64_t)arg[3], 0, TRANSFER_READ);
}

int64_t sys_pwritev(struct task *task, const uint64_t arg[6]) {
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(task, arg, (int64_t)arg[3], 0, TRANSFER_WRITE);
}

/* preadv2, pwritev2: offset -1 is the file's position; arg[5] are the flags. */
static int64_t transfer_vector2(struct task *task, const uint64_t arg[6], enum transfer_kind kind) {
    const unsigned known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;
    const int64_t offset = (int64_t)arg[3];
    if (offset < -1) return -EINVAL;
    if (arg[5] & ~(uint64_t)known) return -EOPNOTSUPP;
    return transfer_vector(task, arg, offset == -1 ? IO_AT_POSITION : offset, (unsigned)arg[5], kind);
}

int64_t sys_preadv2(struct task *task, const uint64_t arg[6]) {
    return transfer_vector2(task, arg, TRANSFER_READ);
}

int64_t sys_pwritev2(struct task *task, const uint64_t arg[6]) {
    return transfer_vector2(task, arg, TRANSFER_WRITE);
}

int64_t sys_lseek(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = (unsigned)arg[2] > LINUX_SEEK_HOLE ? -EINVAL : file_seek(file, (int64_t)arg[1], (int)arg[2]);
    file_put(file);
    return r;
}
