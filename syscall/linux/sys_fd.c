/* SPDX-License-Identifier: ISC */
/* Calls on descriptor numbers: close(2), close_range(2), dup(2). */
#include "syscall/linux/call.h"

int64_t sys_close(struct task *task, const uint64_t arg[6]) {
    return fd_table_close(task->fds, (int)arg[0]);
}

/* Gives the task a descriptor table of its own. */
static int unshare_table(struct task *task) {
    struct fd_table *table = fd_table_unshare(task->fds);
    if (!table) return -ENOMEM;
    host_mutex_lock(&task->lock);
    task->fds = table;
    host_mutex_unlock(&task->lock);
    return 0;
}

int64_t sys_close_range(struct task *task, const uint64_t arg[6]) {
    const unsigned first = (unsigned)arg[0], last = (unsigned)arg[1], flags = (unsigned)arg[2];
    if (first > last || flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
    if (flags & CLOSE_RANGE_UNSHARE) {
        const int err = unshare_table(task);
        if (err) return err;
    }
    fd_table_close_range(task->fds, first, last, (flags & CLOSE_RANGE_CLOEXEC) != 0);
    return 0;
}

int64_t sys_dup(struct task *task, const uint64_t arg[6]) {
    return call_install(task, call_file(task, arg[0]), false, -EBADF);
}

int64_t sys_dup2(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    if ((int)arg[0] != (int)arg[1]) return fd_table_install_at(task->fds, file, (int)arg[1], false);
    file_put(file);
    return (int)arg[1];
}

int64_t sys_dup3(struct task *task, const uint64_t arg[6]) {
    if ((int)arg[0] == (int)arg[1] || (unsigned)arg[2] & ~(unsigned)O_CLOEXEC) return -EINVAL;
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    return fd_table_install_at(task->fds, file, (int)arg[1], (arg[2] & O_CLOEXEC) != 0);
}
