/* SPDX-License-Identifier: ISC */
/* timerfd_create(2): a timer whose expirations are read from a descriptor. Times here are the machine's monotonic time. */
#pragma once

#include "syscall/linux/fs/file.h"

struct timer_service;

struct timer_setting {
    int64_t deadline_ns; /* next expiration, scheduler_monotonic_ns(); SCHED_NEVER: not armed */
    int64_t interval_ns; /* 0: once */
};

/* clock: CLOCK_*, kept for the caller. flags: O_NONBLOCK. Returns NULL without memory. */
struct file *timer_file_new(struct vfs *vfs, struct timer_service *service, int clock, int flags);
bool file_is_timer(const struct file *file);
int timer_file_clock(const struct file *file);
void timer_file_get(struct file *file, struct timer_setting *out);
/* Returns 0, -ENOMEM, -EAGAIN. */
int timer_file_set(struct file *file, const struct timer_setting *setting);
