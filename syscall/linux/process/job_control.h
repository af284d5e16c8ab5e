/* SPDX-License-Identifier: ISC */
/* Job control: which terminal controls a session, who may read it, what happens when either ends. Source: credentials(7),
 * ioctl_tty(2), setsid(2), termios(3). All of it is kept under tasks_lock: process.tty, tty.session, tty.foreground. */
#pragma once

#include "syscall/linux/process/task.h"

struct tty;

/* Tells the machine's terminals about its processes. */
void job_control_init(struct kernel *kernel);
/* The first process starts in the foreground of the host's terminal. Wants tasks_lock. */
void job_control_start_locked(struct process *init);
/* setsid, a reaped process: it has no terminal any more. Wants tasks_lock. */
void job_control_drop_locked(struct process *process);
/* A session leader ends: its foreground group gets SIGHUP, its session has no terminal any more. Wants tasks_lock. */
void job_control_leader_exits_locked(struct process *process);

/* TIOCSCTTY. force: take it from another session (wants CAP_SYS_ADMIN). */
int job_control_take(struct task *task, struct tty *tty, bool readable, bool force);
/* TIOCNOTTY. -ENOTTY: it is not the caller's terminal. */
int job_control_give_up(struct task *task, struct tty *tty);
/* TIOCGPGRP, TIOCGSID, TIOCSPGRP. through_master: asked at the other side, which needs not be the caller's terminal. */
int job_control_group(struct task *task, struct tty *tty, bool through_master);
int job_control_session(struct task *task, struct tty *tty, bool through_master);
int job_control_set_group(struct task *task, struct tty *tty, int pgid);
