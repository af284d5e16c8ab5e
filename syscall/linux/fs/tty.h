/* SPDX-License-Identifier: ISC */
/* A terminal as processes see it: who controls it. Counted by its files and by every process that it controls. What
 * concerns processes is done by process/job_control.c, above; fs/ reaches it through struct job_control. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct file;
struct node;
struct sched_thread;
struct task;
struct tty;
struct vfs;

/* Who opens a terminal. */
struct tty_user {
    uint32_t uid, gid;
    bool admin; /* CAP_SYS_ADMIN */
};

struct tty_ops {
    /* Opens the terminal itself. node: the place it was opened by, its count is taken. */
    int (*open)(struct tty *tty, struct node *node, int flags, struct file **out);
    /* The whole machine is in the background of the host's terminal. NULL: never. */
    bool (*machine_in_background)(struct tty *tty);
    void (*release)(struct tty *tty);
};

struct tty {
    const struct tty_ops *ops; /* immutable */
    struct vfs *vfs;           /* immutable; borrowed for the machine's life */
    uint64_t rdev;             /* immutable */
    _Atomic uint32_t count;    /* atomic: free at 0 */
    /* guarded by the kernel's tasks_lock */
    int session;               /* sid, 0: controls nobody */
    _Atomic int foreground;    /* pgid; atomic: a stale value is a hint that no check is needed */
};

void tty_init(struct tty *tty, struct vfs *vfs, const struct tty_ops *ops, uint64_t rdev);
struct tty *tty_get(struct tty *tty);
void tty_put(struct tty *tty);

/* What terminals need of processes. None may be called with a lock of fs/ held. */
struct job_control {
    /* Sends a signal to the foreground group. */
    void (*signal_foreground)(void *arg, struct tty *tty, int signo);
    /* May the thread read (signo SIGTTIN) or change (SIGTTOU) its terminal? 0; -EIO; -ERESTARTSYS: its group was sent signo. */
    int (*check)(void *arg, struct tty *tty, struct sched_thread *self, int signo);
    /* Opened without O_NOCTTY: a session leader that has none may get it as controlling terminal. */
    void (*opened)(void *arg, struct tty *tty, struct task *task);
    /* The other side is gone: the session loses its terminal, its leader gets SIGHUP and SIGCONT. */
    void (*hang_up)(void *arg, struct tty *tty);
    /* The caller's controlling terminal, counted; NULL: none. */
    struct tty *(*controlling)(void *arg, struct task *task);
    struct tty_user (*user)(struct task *task);
};

void tty_signal_foreground(struct tty *tty, int signo);
int tty_check(struct tty *tty, struct sched_thread *self, int signo);
void tty_opened(struct tty *tty, struct task *task, int flags);
void tty_hang_up(struct tty *tty);
struct tty *tty_controlling(struct vfs *vfs, struct task *task);
struct tty_user tty_user(struct vfs *vfs, struct task *task);

/* Was the machine started on a terminal of the host? */
bool vfs_has_terminal(const struct vfs *vfs);
/* host_tty.c: the terminal that the machine was started on, and the host descriptor behind it (owned by it). NULL: none. */
struct tty *host_tty_new(struct vfs *vfs, int *number);
int host_tty_fd(const struct tty *tty);
bool host_tty_is(const struct tty *tty, uint64_t rdev);
