/* SPDX-License-Identifier: ISC */
/* The requests to a terminal that are about processes, for terminals of our own, their masters, and the host's. */
#include "syscall/linux/terminal.h"

#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/process/job_control.h"

static int64_t put_id(struct task *task, const struct ioctl_call *call, int32_t id) {
    return id < 0 ? id : copy_to_guest(task, call->arg, &id, sizeof id);
}

static int64_t set_group(struct task *task, struct tty *tty, const struct ioctl_call *call) {
    int32_t pgid;
    const int err = copy_from_guest(task, &pgid, call->arg, sizeof pgid);
    return err ? err : job_control_set_group(task, tty, pgid);
}

/* As if the byte had been typed. */
static int64_t type(struct task *task, struct file *file, struct tty *tty, const struct ioctl_call *call) {
    uint8_t byte;
    const bool own = job_control_group(task, tty, false) >= 0;
    if (!own && !cred_capable(&task->cred, CAP_SYS_ADMIN)) return -EPERM;
    const int err = copy_from_guest(task, &byte, call->arg, 1);
    if (err) return err;
    return tty->ops == &pty_tty_ops ? pty_type(pty_of_tty(tty), byte) : -EIO;
}

int64_t terminal_ioctl(struct task *task, struct file *file, const struct ioctl_call *call) {
    bool master;
    struct tty *tty = file_tty(file, &master);
    if (!tty) return -ENOTTY;
    switch (call->cmd) {
    case TIOCSCTTY: return job_control_take(task, tty, file_readable(file), call->arg == 1);
    case TIOCNOTTY: return master ? -ENOTTY : job_control_give_up(task, tty);
    case TIOCGPGRP: return put_id(task, call, job_control_group(task, tty, master));
    case TIOCGSID: return put_id(task, call, job_control_session(task, tty, master));
    case TIOCSTI: return type(task, file, tty, call);
    default: return set_group(task, tty, call);
    }
}
