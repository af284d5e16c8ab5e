/* SPDX-License-Identifier: ISC */
/* SIGIO, or the signal of F_SETSIG, to the owner of a file with O_ASYNC. Source: fcntl(2). */
#pragma once

struct file;
struct task;

/* After the flags of fd's file changed. Returns 0 or -ENOMEM. Locks: the caller holds none. */
int async_signal_follow(struct task *task, struct file *file, int fd);
