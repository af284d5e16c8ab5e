/* SPDX-License-Identifier: ISC */
/* Interval timers and POSIX timers: between the guest's structures and process/itimer.h, posix_timer.h. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/process/posix_timer.h"

static bool timeval_valid(const struct guest_timeval *tv) {
    return tv->sec >= 0 && tv->usec >= 0 && tv->usec < 1000000;
}

static int64_t timeval_to_ns(const struct guest_timeval *tv) {
    const struct guest_timespec ts = {tv->sec, tv->usec * 1000};
    return timespec_to_ns(&ts);
}

static int store_itimer(struct task *task, uint64_t gva, const struct itimer_setting *setting) {
    const struct guest_itimerval out = {timeval_from_ns(setting->interval_ns), timeval_from_ns(setting->value_ns)};
    return copy_to_guest(task, gva, &out, sizeof out);
}

int64_t sys_getitimer(struct task *task, const uint64_t args[6]) {
    struct itimer_setting now;
    if (args[0] >= ITIMER_COUNT) return -EINVAL;
    const int r = itimer_set(task->process, (enum itimer_which)args[0], NULL, &now);
    return r < 0 ? r : store_itimer(task, args[1], &now);
}

int64_t sys_setitimer(struct task *task, const uint64_t args[6]) {
    struct guest_itimerval in = {{0, 0}, {0, 0}};
    struct itimer_setting old;
    if (args[0] >= ITIMER_COUNT) return -EINVAL;
    if (args[1] && copy_from_guest(task, &in, args[1], sizeof in) < 0) return -EFAULT;
    if (!timeval_valid(&in.value) || !timeval_valid(&in.interval)) return -EINVAL;
    const struct itimer_setting setting = {timeval_to_ns(&in.value), timeval_to_ns(&in.interval)};
    const int r = itimer_set(task->process, (enum itimer_which)args[0], &setting, &old);
    return r < 0 || !args[2] ? r : store_itimer(task, args[2], &old);
}

int64_t sys_alarm(struct task *task, const uint64_t args[6]) {
    const struct itimer_setting setting = {.value_ns = (int64_t)(uint32_t)args[0] * NS_PER_S};
    struct itimer_setting old;
    const int r = itimer_set(task->process, ITIMER_REAL, &setting, &old);
    if (r < 0) return r;
    const int64_t seconds = (old.value_ns + NS_PER_S / 2) / NS_PER_S;
    return old.value_ns && !seconds ? 1 : seconds; /* an alarm that is set never reads as 0 */
}

int64_t sys_timer_create(struct task *task, const uint64_t args[6]) {
    struct guest_sigevent event;
    int id;
    if (args[1] && copy_from_guest(task, &event, args[1], sizeof event) < 0) return -EFAULT;
    int r = posix_timer_create(task, (int32_t)args[0], args[1] ? &event : NULL, &id);
    if (r < 0) return r;
    r = copy_to_guest(task, args[2], &id, sizeof id);
    if (r < 0) posix_timer_delete(task, id);
    return r;
}

static int store_timer(struct task *task, uint64_t gva, const struct posix_timer_setting *setting) {
    const struct guest_itimerspec out = {timespec_from_ns(setting->interval_ns), timespec_from_ns(setting->value_ns)};
    return copy_to_guest(task, gva, &out, sizeof out);
}

int64_t sys_timer_settime(struct task *task, const uint64_t args[6]) {
    struct guest_itimerspec in;
    struct posix_timer_setting old;
    if (!args[2]) return -EINVAL;
    if (copy_from_guest(task, &in, args[2], sizeof in) < 0) return -EFAULT;
    if (!timespec_valid(&in.value) || !timespec_valid(&in.interval)) return -EINVAL;
    const struct posix_timer_setting setting = {timespec_to_ns(&in.value), timespec_to_ns(&in.interval)};
    const int r = posix_timer_set(task, (int)args[0], (args[1] & TIMER_ABSTIME) != 0, &setting, &old);
    return r < 0 || !args[3] ? r : store_timer(task, args[3], &old);
}

int64_t sys_timer_gettime(struct task *task, const uint64_t args[6]) {
    struct posix_timer_setting now;
    const int r = posix_timer_get(task, (int)args[0], &now);
    return r < 0 ? r : store_timer(task, args[1], &now);
}

int64_t sys_timer_getoverrun(struct task *task, const uint64_t args[6]) {
    return posix_timer_overrun(task, (int)args[0]);
}

int64_t sys_timer_delete(struct task *task, const uint64_t args[6]) {
    return posix_timer_delete(task, (int)args[0]);
}
