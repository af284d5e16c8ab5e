/* SPDX-License-Identifier: ISC */
/* A thread's time is its host thread's CPU clock since it began there: guest code and the kernel's work for it. A serial scheduler counts
 * it itself. What the host's kernel did for it is its system time, which is looked at only when somebody asks: before the sums, which run
 * under a lock. */
#include "syscall/linux/process/cputime.h"

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

int64_t cputime_system_of_task(struct task *task) {
    host_mutex_lock(&task->lock);
    if (task->cpu_clock == TASK_CPU_CLOCK_SERIAL) task->usage.system_ns = sched_spent_ns(&task->sched);
    else if (task->cpu_clock != HOST_NO_CPU_CLOCK) host_cpu_usage_read(task->cpu_clock, &task->usage);
    const int64_t ns = task->usage.system_ns - task->usage_at_start.system_ns;
    host_mutex_unlock(&task->lock);
    return ns;
}

static int refresh(struct task *task, void *arg) {
    cputime_system_of_task(task);
    return 0;
}

void cputime_add(struct process_usage *sum, const struct process_usage *more) {
    sum->io.read_bytes += more->io.read_bytes;
    sum->io.written_bytes += more->io.written_bytes;
    sum->io.reads += more->io.reads;
    sum->io.writes += more->io.writes;
    sum->cpu_ns += more->cpu_ns;
    sum->system_ns += more->system_ns;
    sum->minor_faults += more->minor_faults;
    sum->major_faults += more->major_faults;
    sum->voluntary_switches += more->voluntary_switches;
    sum->involuntary_switches += more->involuntary_switches;
    if (more->max_resident > sum->max_resident) sum->max_resident = more->max_resident;
}

static struct process_io io_of_task(struct task *task) {
    return (struct process_io){
        .read_bytes = atomic_load_explicit(&task->read_bytes, memory_order_relaxed),
        .written_bytes = atomic_load_explicit(&task->written_bytes, memory_order_relaxed),
        .reads = atomic_load_explicit(&task->reads, memory_order_relaxed),
        .writes = atomic_load_explicit(&task->writes, memory_order_relaxed),
    };
}

struct process_usage cputime_usage_of_task(struct task *task) {
    const int64_t cpu_ns = cputime_of_task(task);
    host_mutex_lock(&task->lock);
    const struct host_cpu_usage now = task->usage, start = task->usage_at_start;
    host_mutex_unlock(&task->lock);
    const int64_t system_ns = now.system_ns - start.system_ns;
    return (struct process_usage){
        .io = io_of_task(task), .cpu_ns = cpu_ns, .system_ns = system_ns < cpu_ns ? system_ns : cpu_ns,
        .minor_faults = now.minor_faults - start.minor_faults, .major_faults = now.major_faults - start.major_faults,
        .involuntary_switches = now.involuntary_switches - start.involuntary_switches,
        .voluntary_switches = atomic_load_explicit(&task->voluntary_switches, memory_order_relaxed),
    };
}

static void add_task(struct process_usage *usage, struct task *task) {
    const struct process_usage more = cputime_usage_of_task(task);
    cputime_add(usage, &more);
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
    task_for_each(process, refresh, NULL);
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
