/* SPDX-License-Identifier: ISC */
/* Life of struct task: made by clone or for the first process, run by one host thread or fiber, freed by the last put. */
#include "syscall/linux/process/task.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/signal.h"

#include "base/error.h"
#include "host/clock.h"
#include "host/cpu_clock.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/ipc/sem.h"

#include <stdlib.h>
#include <string.h>

struct task *task_new(struct process *process) {
    struct task *task = calloc(1, sizeof *task);
    struct cpu *cpu = task ? cpu_new(process->kernel->options.cpu_env) : NULL;
    if (cpu) cpu->tlb.tap = process->kernel->options.tap;
    if (!cpu) {
        free(task);
        return NULL;
    }
    task->cpu = cpu;
    task->kernel = process->kernel;
    task->process = process_get(process);
    task->altstack.flags = SS_DISABLE;
    task->timer_slack_ns = 50000;
    task->cpu_clock = HOST_NO_CPU_CLOCK;
    atomic_init(&task->refs, 1);
    atomic_init(&task->state, 'R');
    sched_thread_init(&task->sched, process->kernel->scheduler);
    host_mutex_init(&task->lock);
    signal_queue_init(&task->pending);
    list_init(&task->thread_node);
    list_init(&task->tid_node);
    list_init(&task->trace.tracees);
    list_init(&task->trace.node);
    memset(task->affinity, 0xff, sizeof task->affinity);
    return task;
}

struct task *task_get(struct task *task) {
    atomic_fetch_add(&task->refs, 1);
    return task;
}

void task_put(struct task *task) {
    if (!task || atomic_fetch_sub(&task->refs, 1) > 1) return;
    signal_queue_flush_locked(&task->pending, ~0ull);
    if (task->fds) fd_table_put(task->fds);
    if (task->fs) fs_context_put(task->fs);
    sem_undo_list_put(task->kernel->ipc, task->sem_undo, task->process->pid);
    tlb_attach(&task->cpu->tlb, NULL);
    cpu_free(task->cpu);
    sched_thread_fini(&task->sched);
    host_mutex_fini(&task->lock);
    process_put(task->process);
    free(task);
}

/* The host thread has run for others before. */
static void start_clock(struct task *task) {
    const bool is_serial = scheduler_is_serial(task->kernel->scheduler);
    host_mutex_lock(&task->lock);
    task->cpu_clock = is_serial ? TASK_CPU_CLOCK_SERIAL : host_cpu_clock_self();
    task->cpu_ns_at_start = is_serial ? 0 : host_clock_thread_cpu_ns();
    if (!is_serial) host_cpu_usage_read(task->cpu_clock, &task->usage_at_start);
    task->usage = task->usage_at_start;
    host_mutex_unlock(&task->lock);
}

struct task_used task_used_until_fork(struct task *task) {
    struct task_used used = {.cpu_ns = host_clock_thread_cpu_ns() - task->cpu_ns_at_start};
    if (task->cpu_clock != TASK_CPU_CLOCK_SERIAL) host_cpu_usage_read(task->cpu_clock, &task->usage);
    used.usage = task->usage;
    return used;
}

/* What the start shows may be less than nothing: only differences are looked at. */
void task_used_before_fork(struct task *task, const struct task_used *used) {
    struct host_cpu_usage now = {0}, *start = &task->usage_at_start;
    const bool is_serial = scheduler_is_serial(task->kernel->scheduler);
    host_mutex_lock(&task->lock);
    if (!is_serial) task->cpu_clock = host_cpu_clock_self();
    task->cpu_ns_at_start = host_clock_thread_cpu_ns() - used->cpu_ns;
    if (!is_serial) {
        host_cpu_usage_read(task->cpu_clock, &now);
        start->system_ns += now.system_ns - used->usage.system_ns;
        start->minor_faults += now.minor_faults - used->usage.minor_faults;
        start->major_faults += now.major_faults - used->usage.major_faults;
        start->involuntary_switches += now.involuntary_switches - used->usage.involuntary_switches;
        task->usage = now;
    }
    host_mutex_unlock(&task->lock);
}

/* The kernel may be freed as soon as `live` is down to 0: nothing of it is touched afterwards but the word's address. */
static void thread_main(void *arg) {
    struct task *task = arg;
    struct kernel *kernel = task->kernel;
    start_clock(task);
    kernel->options.run_task(task);
    task_exit(task);
    task_put(task);
    if (atomic_fetch_sub(&kernel->live, 1) == 1) host_futex_wake(&kernel->live, INT32_MAX);
}

int task_start(struct task *task) {
    const struct kernel_options *options = &task->kernel->options;
    if (options->more && options->more(options->callback_arg) < 0) return -EAGAIN;
    atomic_fetch_add(&task->kernel->live, 1);
    const int r = scheduler_start(task->kernel->scheduler, &task->sched, thread_main, task);
    if (r < 0) atomic_fetch_sub(&task->kernel->live, 1);
    return r;
}

void task_run_here(struct task *task) {
    struct kernel *kernel = task->kernel;
    const struct kernel_options *options = &kernel->options;
    atomic_fetch_add(&kernel->live, 1);
    start_clock(task);
    atomic_store(&kernel->notified, task);
    options->open(options->callback_arg, true);
    options->run_task(task);
    options->open(options->callback_arg, false);
    atomic_store(&kernel->notified, NULL);
    task_exit(task);
    task_put(task);
    if (atomic_fetch_sub(&kernel->live, 1) == 1) host_futex_wake(&kernel->live, INT32_MAX);
}

int task_block(struct task *task, int64_t deadline_ns) {
    atomic_fetch_add_explicit(&task->voluntary_switches, 1, memory_order_relaxed);
    atomic_store_explicit(&task->state, 'S', memory_order_relaxed);
    const int r = sched_block(&task->sched, deadline_ns);
    atomic_store_explicit(&task->state, 'R', memory_order_relaxed);
    return r;
}

void task_notify(struct task *task, uint32_t bits) {
    atomic_fetch_or(&task->attention, bits);
    sched_interrupt(&task->sched);
    cpu_kick(task->cpu);
}
