/* SPDX-License-Identifier: ISC */
/* A thread's time is its host thread's CPU clock since it began there: guest code and the kernel's work for it. A serial scheduler counts it itself. */
#include "syscall/linux/process/cputime.h"

#include "host/cpu_clock.h"
#include "mmu/space.h"

int64_t cputime_of_task(struct task *task) {
    host_mutex_lock(&task->lock);
    const int64_t id = task->cpu_clock;
    int64_t ns = task->cpu_ns_at_exit;
    if (id == TASK_CPU_CLOCK_SERIAL) ns = sched_cpu_ns(&task->sched);
    else if (id != HOST_NO_CPU_CLOCK) ns = host_cpu_clock_read(id) - task->cpu_ns_at_start;
    host_mutex_unlock(&task->lock);
    return ns < 0 ? 0 : ns;
}

void cputime_add(struct process_usage *sum, const struct process_usage *more) {
    sum->cpu_ns += more->cpu_ns;
    sum->minor_faults += more->minor_faults;
    sum->major_faults += more->major_faults;
    sum->voluntary_switches += more->voluntary_switches;
    sum->involuntary_switches += more->involuntary_switches;
    if (more->max_resident > sum->max_resident) sum->max_resident = more->max_resident;
}

static void add_task(struct process_usage *usage, struct task *task) {
    usage->cpu_ns += cputime_of_task(task);
    usage->voluntary_switches += atomic_load_explicit(&task->voluntary_switches, memory_order_relaxed);
}

/* The walk over the page tables takes long: no lock is held over it. */
void cputime_note_resident(struct process *process) {
    struct space_usage usage;
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space ? space_get(process->space) : NULL;
    host_mutex_unlock(&process->lock);
    if (!space) return;
    space_get_usage(space, &usage);
    space_put(space);
    host_mutex_lock(&process->kernel->tasks_lock);
    if (usage.resident > process->own.max_resident) process->own.max_resident = usage.resident;
    host_mutex_unlock(&process->kernel->tasks_lock);
}

static struct process_usage usage_locked(struct process *process) {
    struct process_usage usage = process->own;
    LIST_FOR_EACH(node, &process->threads) add_task(&usage, CONTAINER_OF(node, struct task, thread_node));
    return usage;
}

struct process_usage cputime_usage(struct process *process) {
    cputime_note_resident(process);
    host_mutex_lock(&process->kernel->tasks_lock);
    const struct process_usage usage = usage_locked(process);
    host_mutex_unlock(&process->kernel->tasks_lock);
    return usage;
}

int64_t cputime_of_process(struct process *process) {
    host_mutex_lock(&process->kernel->tasks_lock);
    int64_t ns = process->own.cpu_ns;
    LIST_FOR_EACH(node, &process->threads) ns += cputime_of_task(CONTAINER_OF(node, struct task, thread_node));
    host_mutex_unlock(&process->kernel->tasks_lock);
    return ns;
}

void cputime_add_exited_locked(struct process *process, struct task *task) {
    add_task(&process->own, task);
}
