/* SPDX-License-Identifier: ISC */
/* timerfd_create(2), timerfd_settime(2), timerfd_gettime(2): between the guest's clocks and monotonic host time. */
#include "syscall/linux/abi/time.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/timer_file.h"
#include "syscall/linux/process/clock.h"

enum { TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2 };

int64_t sys_timerfd_create(struct task *task, const uint64_t arg[6]) {
    const int clock = (int)arg[0], flags = (int)arg[1];
    if (flags & ~(O_NONBLOCK | O_CLOEXEC)) return -EINVAL;
    if (clock != GUEST_CLOCK_REALTIME && clock != GUEST_CLOCK_MONOTONIC && clock != GUEST_CLOCK_BOOTTIME) return -EINVAL;
    struct file *file = timer_file_new(task->kernel->vfs, task->kernel->timers, clock, flags);
    return call_install(task, file, (flags & O_CLOEXEC) != 0, -ENOMEM);
}

/* A descriptor of timerfd_create, counted. Returns 0, -EBADF, -EINVAL. */
static int timer_arg(struct task *task, uint64_t fd, struct file **out) {
    *out = call_file(task, fd);
    if (!*out) return -EBADF;
    if (file_is_timer(*out)) return 0;
    file_put(*out);
    return -EINVAL;
}

static bool to_ns(const struct guest_timespec *t, int64_t *ns) {
    if (t->sec < 0 || t->nsec < 0 || t->nsec >= 1000000000) return false;
    *ns = t->sec < INT64_MAX / 1000000000 - 1 ? t->sec * 1000000000 + t->nsec : INT64_MAX;
    return true;
}

static struct guest_timespec from_ns(int64_t ns) {
    return (struct guest_timespec){ns / 1000000000, ns % 1000000000};
}

static int64_t put_setting(struct task *task, uint64_t gva, const struct timer_setting *setting) {
    int64_t left = 0;
    if (setting->deadline_ns != SCHED_NEVER) {
        left = setting->deadline_ns - scheduler_monotonic_ns(task->kernel->scheduler);
        if (left < 1) left = 1;
    }
    const struct guest_itimerspec out = {.interval = from_ns(setting->interval_ns), .value = from_ns(left)};
    return copy_to_guest(task, gva, &out, sizeof out);
}

static int64_t set(struct task *task, struct file *file, const uint64_t arg[6], const struct guest_itimerspec *in) {
    struct timer_setting setting, old;
    int64_t value;
    if (!to_ns(&in->value, &value) || !to_ns(&in->interval, &setting.interval_ns)) return -EINVAL;
    if (value == 0) {
        setting.deadline_ns = SCHED_NEVER;
    } else if (arg[1] & TFD_TIMER_ABSTIME) {
        setting.deadline_ns = value == INT64_MAX ? SCHED_NEVER : clock_to_monotonic(task->kernel, timer_file_clock(file), value);
    } else {
        setting.deadline_ns = call_deadline_after(task, value);
    }
    timer_file_get(file, &old);
    const int64_t r = timer_file_set(file, &setting);
    return r || !arg[3] ? r : put_setting(task, arg[3], &old);
}

int64_t sys_timerfd_settime(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    struct guest_itimerspec in;
    if (copy_from_guest(task, &in, arg[2], sizeof in)) return -EFAULT;
    if ((unsigned)arg[1] & ~(unsigned)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) return -EINVAL;
    int64_t r = timer_arg(task, arg[0], &file);
    if (r) return r;
    r = set(task, file, arg, &in);
    file_put(file);
    return r;
}

int64_t sys_timerfd_gettime(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    struct timer_setting setting;
    const int r = timer_arg(task, arg[0], &file);
    if (r) return r;
    timer_file_get(file, &setting);
    file_put(file);
    return put_setting(task, arg[1], &setting);
}
