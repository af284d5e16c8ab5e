/* SPDX-License-Identifier: ISC */
/* ioctl(2): what concerns the descriptor or the terminal's owner is answered here, the rest by the file. */
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/async_signal.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/async.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/terminal.h"

static int64_t set_flag(struct task *task, struct file *file, uint64_t arg, int flag) {
    int32_t on;
    const int err = copy_from_guest(task, &on, arg, sizeof on);
    if (err) return err;
    const int flags = atomic_load(&file->flags);
    return file_set_flags(file, on ? flags | flag : flags & ~flag);
}

/* Files that tell nothing never began to. */
static int64_t set_async(struct task *task, struct file *file, int fd, uint64_t arg) {
    int32_t on;
    const int err = copy_from_guest(task, &on, arg, sizeof on);
    if (err) return err;
    const int flags = atomic_load(&file->flags), wanted = on ? flags | O_ASYNC : flags & ~O_ASYNC;
    if (wanted == flags) return 0;
    if (!async_can(file)) return -ENOTTY;
    const int r = file_set_flags(file, wanted);
    return r ? r : async_signal_follow(task, file, fd);
}

static int64_t open_peer(struct task *task, struct file *master, int flags) {
    const struct vfs_caller caller = call_of(task);
    struct file *slave = NULL;
    const int err = pty_open_peer(&caller, master, flags, &slave);
    return call_install(task, slave, (flags & O_CLOEXEC) != 0, err);
}

static int64_t dispatch(struct task *task, struct file *file, const uint64_t arg[6]) {
    const struct ioctl_call call = {.cmd = (unsigned)arg[1], .arg = arg[2], .space = task_space(task), .self = &task->sched};
    switch (call.cmd) {
    case FIOCLEX: return fd_table_set_cloexec(task->fds, (int)arg[0], true);
    case FIONCLEX: return fd_table_set_cloexec(task->fds, (int)arg[0], false);
    case FIONBIO: return set_flag(task, file, arg[2], O_NONBLOCK);
    case FIOASYNC: return set_async(task, file, (int)arg[0], arg[2]);
    case TIOCGPGRP:
    case TIOCSPGRP:
    case TIOCGSID:
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TIOCSTI: return terminal_ioctl(task, file, &call);
    case TIOCGPTPEER: return open_peer(task, file, (int)arg[2]);
    default: return file_ioctl(file, &call);
    }
}

int64_t sys_ioctl(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = dispatch(task, file, arg);
    file_put(file);
    return r;
}
