/* SPDX-License-Identifier: ISC */
/* Reading clocks, sleeping, and the refused ways to set them. Source: clock_getres(2), nanosleep(2). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/cputime.h"


static int store_timespec(struct task *task, uint64_t gva, int64_t ns) {
    const struct guest_timespec ts = timespec_from_ns(ns);
    return copy_to_guest(task, gva, &ts, sizeof ts);
}

int64_t sys_clock_gettime(struct task *task, const uint64_t args[6]) {
    int64_t ns;
    const int r = clock_read(task, (int32_t)args[0], &ns);
    return r < 0 ? r : store_timespec(task, args[1], ns);
}

int64_t sys_clock_getres(struct task *task, const uint64_t args[6]) {
    int64_t ns;
    const int r = clock_resolution(task, (int32_t)args[0], &ns);
    if (r < 0 || !args[1]) return r;
    return store_timespec(task, args[1], ns);
}

/* The host's time is not the guest's to set. */
int64_t sys_clock_settime(struct task *task, const uint64_t args[6]) {
    struct guest_timespec ts;
    if ((int32_t)args[0] != GUEST_CLOCK_REALTIME) return -EINVAL;
    if (copy_from_guest(task, &ts, args[1], sizeof ts) < 0) return -EFAULT;
    return timespec_valid(&ts) ? -EPERM : -EINVAL;
}

int64_t sys_settimeofday(struct task *task, const uint64_t args[6]) {
    uint8_t timeval[16], timezone[8];
    if (args[0] && copy_from_guest(task, timeval, args[0], sizeof timeval) < 0) return -EFAULT;
    if (args[1] && copy_from_guest(task, timezone, args[1], sizeof timezone) < 0) return -EFAULT;
    return -EPERM;
}

/* struct timex begins with modes; 0 only reads, which needs a clock discipline that a guest has not. */
static int64_t adjust(struct task *task, int32_t clock, uint64_t gva) {
    enum { TIMEX_SIZE = 208, TIME_ERROR = 5, STATUS_OFFSET = 40, STA_UNSYNC = 0x40 };
    uint8_t timex[TIMEX_SIZE];
    if (copy_from_guest(task, timex, gva, sizeof timex) < 0) return -EFAULT;
    if (clock != GUEST_CLOCK_REALTIME) return -EINVAL;
    for (int i = 0; i < 4; i++) {
        if (timex[i]) return -EPERM;
    }
    for (int i = 0; i < TIMEX_SIZE; i++) timex[i] = 0;
    timex[STATUS_OFFSET] = STA_UNSYNC;
    if (copy_to_guest(task, gva, timex, sizeof timex) < 0) return -EFAULT;
    return TIME_ERROR;
}

int64_t sys_adjtimex(struct task *task, const uint64_t args[6]) {
    return adjust(task, GUEST_CLOCK_REALTIME, args[0]);
}

int64_t sys_clock_adjtime(struct task *task, const uint64_t args[6]) {
    return adjust(task, (int32_t)args[0], args[1]);
}

int64_t sys_gettimeofday(struct task *task, const uint64_t args[6]) {
    const struct guest_timezone zone = {0, 0};
    const struct guest_timeval now = timeval_from_ns(scheduler_realtime_ns(task->kernel->scheduler));
    if (args[0] && copy_to_guest(task, args[0], &now, sizeof now) < 0) return -EFAULT;
    return args[1] ? copy_to_guest(task, args[1], &zone, sizeof zone) : 0;
}

int64_t sys_time(struct task *task, const uint64_t args[6]) {
    const int64_t now = scheduler_realtime_ns(task->kernel->scheduler) / NS_PER_S;
    if (args[0] && copy_to_guest(task, args[0], &now, sizeof now) < 0) return -EFAULT;
    return now;
}

int64_t sys_times(struct task *task, const uint64_t args[6]) {
    const int64_t tick_ns = NS_PER_S / USER_HZ;
    struct process *process = task->process;
    if (args[0]) {
        const struct process_usage own = cputime_usage(process);
        host_mutex_lock(&task->kernel->tasks_lock);
        const struct process_usage children = process->waited_for;
        host_mutex_unlock(&task->kernel->tasks_lock);
        const struct guest_tms out = {
            .utime = (own.cpu_ns - own.system_ns) / tick_ns, .stime = own.system_ns / tick_ns,
            .cutime = (children.cpu_ns - children.system_ns) / tick_ns, .cstime = children.system_ns / tick_ns};
        if (copy_to_guest(task, args[0], &out, sizeof out) < 0) return -EFAULT;
    }
    return (scheduler_monotonic_ns(task->kernel->scheduler) - task->kernel->boot_ns) / tick_ns + (int64_t)INT32_MAX / 2;
}

/* restart.args[0]: where to store what is left, 0 = nowhere. */
static int64_t restart_sleep(struct task *task) {
    struct task_restart *restart = &task->restart;
    int r;
    do {
        r = task_block(task, restart->deadline_ns);
    } while (r == 0);
    if (r == -ETIMEDOUT) return 0;
    const int64_t left = restart->deadline_ns - scheduler_monotonic_ns(task->kernel->scheduler);
    if (restart->args[0] && store_timespec(task, restart->args[0], left > 0 ? left : 0) < 0) return -EFAULT;
    restart->fn = restart_sleep;
    return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_relative(struct task *task, const struct guest_timespec *ts, uint64_t left_gva) {
    struct task_restart *restart = &task->restart;
    *restart = (struct task_restart){.args = {left_gva}};
    if (__builtin_add_overflow(scheduler_monotonic_ns(task->kernel->scheduler), timespec_to_ns(ts), &restart->deadline_ns)) {
        restart->deadline_ns = SCHED_NEVER;
    }
    return restart_sleep(task);
}

int64_t sys_nanosleep(struct task *task, const uint64_t args[6]) {
    struct guest_timespec ts;
    if (copy_from_guest(task, &ts, args[0], sizeof ts) < 0) return -EFAULT;
    return timespec_valid(&ts) ? sleep_relative(task, &ts, args[1]) : -EINVAL;
}

/* A CPU clock has no host deadline: it is looked at again when it could have got there. */
static int64_t sleep_absolute(struct task *task, int32_t clock, int64_t at_ns) {
    int64_t now;
    for (;;) {
        int r = clock_read(task, clock, &now);
        if (r < 0) return r;
        if (now >= at_ns) return 0;
        r = task_block(task, clock_next_look(task->process, task, clock, at_ns));
        if (r < 0 && r != -ETIMEDOUT) return r == -EINTR ? -ERESTARTNOHAND : r;
    }
}

int64_t sys_clock_nanosleep(struct task *task, const uint64_t args[6]) {
    const int32_t clock = (int32_t)args[0];
    const bool absolute = (args[1] & TIMER_ABSTIME) != 0;
    struct guest_timespec ts;
    int64_t now;
    int r = clock_read(task, clock, &now);
    if (r < 0) return r;
    if (clock == GUEST_CLOCK_THREAD_CPUTIME) return -EINVAL;
    if (clock == GUEST_CLOCK_REALTIME_COARSE || clock == GUEST_CLOCK_MONOTONIC_COARSE) return -EOPNOTSUPP;
    if (clock == GUEST_CLOCK_MONOTONIC_RAW) return -EOPNOTSUPP;
    if (copy_from_guest(task, &ts, args[2], sizeof ts) < 0) return -EFAULT;
    if (!timespec_valid(&ts)) return -EINVAL;
    const int64_t ns = timespec_to_ns(&ts);
    if (absolute) return sleep_absolute(task, clock, ns);
    if (!clock_is_cpu(clock)) return sleep_relative(task, &ts, args[3]);
    if (__builtin_add_overflow(now, ns, &now)) now = INT64_MAX;
    return sleep_absolute(task, clock, now);
}
