/* SPDX-License-Identifier: ISC */
/* Who controls a terminal: session and foreground process group, as ioctl(2) asks for them. */
#pragma once

#include <stdint.h>

struct file;
struct ioctl_call;
struct task;

/* TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCSCTTY, TIOCNOTTY, TIOCSTI. -ENOTTY: file is no terminal. */
int64_t terminal_ioctl(struct task *task, struct file *file, const struct ioctl_call *call);
