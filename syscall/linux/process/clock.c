/* SPDX-License-Identifier: ISC */
/* Clock numbers to readings. A negative number holds a pid or tid: ~(n >> 3), bit 2 says thread, bits 0-1 the kind. */
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/pids.h"

#include "base/error.h"

enum { CPU_CLOCK_THREAD = 4, CPU_CLOCK_KIND_MASK = 3, CPU_CLOCK_KINDS = 3 };

static int64_t coarse(int64_t ns) {
    return ns - ns % NS_PER_TICK;
}

static bool is_system_clock(int32_t clock) {
    return (clock >= GUEST_CLOCK_REALTIME && clock <= GUEST_CLOCK_BOOTTIME_ALARM) || clock == GUEST_CLOCK_TAI;
}

static int64_t read_system(const struct kernel *kernel, int32_t clock) {
    const struct scheduler *scheduler = kernel->scheduler;
    switch (clock) {
    case GUEST_CLOCK_REALTIME:
    case GUEST_CLOCK_REALTIME_ALARM:
    case GUEST_CLOCK_TAI: return scheduler_realtime_ns(scheduler);
    case GUEST_CLOCK_REALTIME_COARSE: return coarse(scheduler_realtime_ns(scheduler));
    case GUEST_CLOCK_MONOTONIC_COARSE: return coarse(scheduler_monotonic_ns(scheduler));
    case GUEST_CLOCK_BOOTTIME:
    case GUEST_CLOCK_BOOTTIME_ALARM: return scheduler_boottime_ns(scheduler);
    default: return scheduler_monotonic_ns(scheduler);
    }
}

bool clock_is_cpu(int32_t clock) {
    return clock < 0 || clock == GUEST_CLOCK_PROCESS_CPUTIME || clock == GUEST_CLOCK_THREAD_CPUTIME;
}

static int read_other_thread(struct task *task, int tid, int64_t *ns) {
    struct task *other = tid ? task_find(task->kernel, tid) : task_get(task);
    if (!other) return -EINVAL;
    const bool ours = other->process == task->process;
    if (ours) *ns = cputime_of_task(other);
    task_put(other);
    return ours ? 0 : -EINVAL;
}

static int read_other_process(struct task *task, int pid, int64_t *ns) {
    struct process *other = pid ? process_find(task->kernel, pid) : process_get(task->process);
    if (!other) return -EINVAL;
    *ns = cputime_of_process(other);
    process_put(other);
    return 0;
}

static int read_dynamic(struct task *task, int32_t clock, int64_t *ns) {
    const int id = ~(clock >> 3);
    if ((clock & CPU_CLOCK_KIND_MASK) >= CPU_CLOCK_KINDS) return -EINVAL;
    return clock & CPU_CLOCK_THREAD ? read_other_thread(task, id, ns) : read_other_process(task, id, ns);
}

int clock_read(struct task *task, int32_t clock, int64_t *ns) {
    if (clock < 0) return read_dynamic(task, clock, ns);
    if (!is_system_clock(clock)) return -EINVAL;
    *ns = clock_read_for(task->process, task, clock);
    return 0;
}

int64_t clock_read_for(struct process *process, struct task *task, int32_t clock) {
    if (!clock_is_cpu(clock)) return read_system(process->kernel, clock);
    const bool thread = clock == GUEST_CLOCK_THREAD_CPUTIME || (clock < 0 && (clock & CPU_CLOCK_THREAD));
    return thread && task ? cputime_of_task(task) : cputime_of_process(process);
}

int clock_resolution(struct task *task, int32_t clock, int64_t *ns) {
    int64_t now;
    const int r = clock_read(task, clock, &now);
    const bool is_coarse = clock == GUEST_CLOCK_REALTIME_COARSE || clock == GUEST_CLOCK_MONOTONIC_COARSE;
    *ns = is_coarse ? NS_PER_TICK : 1;
    return r;
}

int64_t clock_to_monotonic(const struct kernel *kernel, int32_t clock, int64_t at_ns) {
    int64_t out;
    if (at_ns == INT64_MAX || clock == GUEST_CLOCK_MONOTONIC) return at_ns;
    const int64_t left = at_ns - read_system(kernel, clock);
    if (__builtin_add_overflow(scheduler_monotonic_ns(kernel->scheduler), left, &out)) return INT64_MAX;
    return out < 0 ? 0 : out;
}

int64_t clock_next_look(struct process *process, struct task *task, int32_t clock, int64_t at_ns) {
    if (!clock_is_cpu(clock)) return clock_to_monotonic(process->kernel, clock, at_ns);
    const int64_t left = at_ns - clock_read_for(process, task, clock);
    host_mutex_lock(&process->signal_lock);
    const int n = process->n_threads > 0 ? process->n_threads : 1;
    host_mutex_unlock(&process->signal_lock);
    const int64_t least = NS_PER_TICK / 4;
    const int64_t wait = left / n > least ? left / n : least;
    return scheduler_monotonic_ns(process->kernel->scheduler) + (left <= 0 ? 0 : wait);
}
