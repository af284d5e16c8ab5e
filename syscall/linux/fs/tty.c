/* SPDX-License-Identifier: ISC */
/* Counting of terminals, and the way from them to the processes above. */
#include "syscall/linux/fs/tty.h"

#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/vfs_private.h"

void tty_init(struct tty *tty, struct vfs *vfs, const struct tty_ops *ops, uint64_t rdev) {
    tty->ops = ops;
    tty->vfs = vfs;
    tty->rdev = rdev;
    tty->session = 0;
    atomic_init(&tty->foreground, 0);
    atomic_init(&tty->count, 1);
}

struct tty *tty_get(struct tty *tty) {
    atomic_fetch_add_explicit(&tty->count, 1, memory_order_relaxed);
    return tty;
}

void tty_put(struct tty *tty) {
    if (tty && atomic_fetch_sub_explicit(&tty->count, 1, memory_order_acq_rel) == 1) tty->ops->release(tty);
}

void tty_signal_foreground(struct tty *tty, int signo) {
    const struct vfs *vfs = tty->vfs;
    if (vfs->jobs) vfs->jobs->signal_foreground(vfs->jobs_arg, tty, signo);
}

int tty_check(struct tty *tty, struct sched_thread *self, int signo) {
    const struct vfs *vfs = tty->vfs;
    return vfs->jobs && self ? vfs->jobs->check(vfs->jobs_arg, tty, self, signo) : 0;
}

void tty_opened(struct tty *tty, struct task *task, int flags) {
    const struct vfs *vfs = tty->vfs;
    if (vfs->jobs && task && !(flags & O_NOCTTY)) vfs->jobs->opened(vfs->jobs_arg, tty, task);
}

void tty_hang_up(struct tty *tty) {
    const struct vfs *vfs = tty->vfs;
    if (vfs->jobs) vfs->jobs->hang_up(vfs->jobs_arg, tty);
}

bool vfs_has_terminal(const struct vfs *vfs) {
    return vfs->terminal != NULL;
}

struct tty *tty_controlling(struct vfs *vfs, struct task *task) {
    return vfs->jobs && task ? vfs->jobs->controlling(vfs->jobs_arg, task) : NULL;
}

struct tty_user tty_user(struct vfs *vfs, struct task *task) {
    return vfs->jobs && task ? vfs->jobs->user(task) : (struct tty_user){0};
}
