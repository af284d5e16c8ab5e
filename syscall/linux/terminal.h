/* SPDX-License-Identifier: ISC */
/* Who controls the terminal: session and foreground process group, in the guest's numbers. The host's terminal
 * knows only our own process; so the machine's first session has it, and its foreground group is kept here. */
#pragma once

#include <stdint.h>

struct file;
struct ioctl_call;
struct task;

/* TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCSCTTY, TIOCNOTTY. -ENOTTY: file is no terminal. */
int64_t terminal_ioctl(struct task *task, struct file *file, const struct ioctl_call *call);
