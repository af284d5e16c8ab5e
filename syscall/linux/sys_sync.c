/* SPDX-License-Identifier: ISC */
/* Durability and space: fsync(2), sync(2), fallocate(2), posix_fadvise(2), readahead(2). */
#include "host/file.h"
#include "syscall/linux/call.h"

/* The host descriptor of an open file; *file: to be put by the caller. -EBADF; other: no host thing behind it. */
static int host_fd_arg(struct task *task, uint64_t fd, struct file **file, int other) {
    *file = call_open_file(task, fd);
    if (!*file) return -EBADF;
    const int host = file_host_fd(*file);
    if (host >= 0) return host;
    file_put(*file);
    return other;
}

static int64_t sync_file(struct task *task, uint64_t fd, bool data_only) {
    struct file *file;
    const int host = host_fd_arg(task, fd, &file, -EINVAL);
    if (host < 0) return host;
    const int r = host_file_sync(host, data_only);
    file_put(file);
    return r;
}

int64_t sys_fsync(struct task *task, const uint64_t arg[6]) {
    return sync_file(task, arg[0], false);
}

int64_t sys_fdatasync(struct task *task, const uint64_t arg[6]) {
    return sync_file(task, arg[0], true);
}

int64_t sys_sync(struct task *task, const uint64_t arg[6]) {
    host_file_sync_all();
    return 0;
}

int64_t sys_syncfs(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = host_fd_arg(task, arg[0], &file, 0);
    if (host <= 0) return host;
    const int r = host_file_sync_fs(host);
    file_put(file);
    return r;
}

int64_t sys_sync_file_range(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    if ((int64_t)arg[1] < 0 || (int64_t)arg[2] < 0 || (unsigned)arg[3] & ~7u) return -EINVAL;
    const int host = host_fd_arg(task, arg[0], &file, -ESPIPE);
    if (host < 0) return host;
    const int r = host_file_sync_range(host, (int64_t)arg[1], (int64_t)arg[2], (unsigned)arg[3]);
    file_put(file);
    return r;
}

enum { FALLOC_FL_KEEP_SIZE = 1 };

int64_t sys_fallocate(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = host_fd_arg(task, arg[0], &file, -ESPIPE);
    if (host < 0) return host;
    int r = (int64_t)arg[2] < 0 || (int64_t)arg[3] <= 0 ? -EINVAL : file_writable(file) ? 0 : -EBADF;
    if (r == 0 && !((int)arg[1] & FALLOC_FL_KEEP_SIZE)) r = call_limit_size(task, arg[2] + arg[3]);
    if (r == 0) r = host_file_allocate(host, (int)arg[1], (int64_t)arg[2], (int64_t)arg[3]);
    if (r == 0) call_file_written(task, file, IO_AT_POSITION, 1); /* holes, and what was behind them */
    file_put(file);
    return r;
}

int64_t sys_fadvise64(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = host_fd_arg(task, arg[0], &file, -ESPIPE);
    if (host < 0) return host;
    const int r = host_file_advise(host, (int64_t)arg[1], (int64_t)arg[2], (int)arg[3]);
    file_put(file);
    return r;
}

enum { ADVISE_WILLNEED = 3 };

int64_t sys_readahead(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = host_fd_arg(task, arg[0], &file, -EINVAL);
    if (host < 0) return host;
    const int r = file_readable(file) ? host_file_advise(host, (int64_t)arg[1], (int64_t)arg[2], ADVISE_WILLNEED) : -EBADF;
    file_put(file);
    return r;
}
