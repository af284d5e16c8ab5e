/* SPDX-License-Identifier: ISC */
/* pipe(2), eventfd(2). */
#include "syscall/linux/call.h"
#include "syscall/linux/fs/event.h"
#include "syscall/linux/fs/pipe.h"

static int64_t make_pipe(struct task *task, uint64_t out, int flags) {
    struct file *files[2];
    int fds[2];
    int r = pipe_open_pair(task->kernel->vfs, flags, files);
    if (r == 0) r = fd_table_install_pair(task->fds, files, (flags & O_CLOEXEC) != 0, fds);
    if (r) return r;
    const int32_t numbers[2] = {fds[0], fds[1]};
    if (copy_to_guest(task, out, numbers, sizeof numbers) == 0) return 0;
    fd_table_close(task->fds, fds[0]);
    fd_table_close(task->fds, fds[1]);
    return -EFAULT;
}

int64_t sys_pipe(struct task *task, const uint64_t arg[6]) {
    return make_pipe(task, arg[0], 0);
}

int64_t sys_pipe2(struct task *task, const uint64_t arg[6]) {
    return make_pipe(task, arg[0], (int)arg[1]);
}

static int64_t make_event(struct task *task, unsigned initial, int flags) {
    if (flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC)) return -EINVAL;
    return call_install(task, event_file_new(task->kernel->vfs, initial, flags), (flags & O_CLOEXEC) != 0, -ENOMEM);
}

int64_t sys_eventfd(struct task *task, const uint64_t arg[6]) {
    return make_event(task, (unsigned)arg[0], 0);
}

int64_t sys_eventfd2(struct task *task, const uint64_t arg[6]) {
    return make_event(task, (unsigned)arg[0], (int)arg[1]);
}
