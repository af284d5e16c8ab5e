/* SPDX-License-Identifier: ISC */
/* Small texts about a thread or process: scheduling, user maps, settings that programs read and some that they write. */
#include "base/error.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/procfs/proc_node.h"

#include <inttypes.h>

#define CONSTANT(name, content)                 \
    PROC_TEXT(name) {                           \
        text_printf(text, "%s", content);       \
        return 0;                               \
    }

CONSTANT(loginuid, "4294967295")
CONSTANT(sessionid, "4294967295")
CONSTANT(setgroups, "allow\n")
CONSTANT(id_map, "         0          0 4294967295\n")
CONSTANT(cpuset, "/\n")
CONSTANT(wchan, "0")

PROC_TEXT(schedstat) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    text_printf(text, "%" PRId64 " 0 %" PRIu64 "\n", cputime_of_task(task), atomic_load(&task->voluntary_switches) + 1);
    task_put(task);
    return 0;
}

PROC_TEXT(sched) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    struct process *process = task->process;
    const int64_t ns = cputime_of_task(task);
    const unsigned long long switches = atomic_load(&task->voluntary_switches);
    host_mutex_lock(&process->signal_lock);
    const int n = process->n_threads;
    host_mutex_unlock(&process->signal_lock);
    host_mutex_lock(&task->lock);
    text_printf(text, "%s (%d, #threads: %d)\n%s", task->comm, task_tid(task), n,
                "-------------------------------------------------------------------\n");
    text_printf(text, "%-45s:%13" PRId64 ".%06" PRId64 "\n", "se.sum_exec_runtime", ns / 1000000, ns % 1000000);
    text_printf(text, "%-45s:%20llu\n%-45s:%20llu\n%-45s:%20d\n", "nr_switches", switches, "nr_voluntary_switches", switches,
                "nr_involuntary_switches", 0);
    text_printf(text, "%-45s:%20d\n%-45s:%20d\n", "policy", task->sched_policy, "prio", 120);
    host_mutex_unlock(&task->lock);
    task_put(task);
    return 0;
}

static int show_io(struct text *text, struct process_usage usage) {
    const struct process_io *n = &usage.io;
    text_printf(text, "rchar: %" PRIu64 "\nwchar: %" PRIu64 "\nsyscr: %" PRIu64 "\nsyscw: %" PRIu64 "\n", n->read_bytes, n->written_bytes,
                n->reads, n->writes);
    text_printf(text, "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"); /* what storage moved for it nobody here knows */
    return 0;
}

PROC_TEXT(thread_io) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    const struct process_usage usage = cputime_usage_of_task(task);
    task_put(task);
    return show_io(text, usage);
}

/* With ended threads, and children that were waited for. */
PROC_TEXT(process_io) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    struct process_usage usage = cputime_usage(process);
    host_mutex_lock(&process->kernel->tasks_lock);
    cputime_add(&usage, &process->waited_for);
    host_mutex_unlock(&process->kernel->tasks_lock);
    process_put(process);
    return show_io(text, usage);
}

PROC_TEXT(personality) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    text_printf(text, "%08x\n", process->personality);
    host_mutex_unlock(&process->lock);
    process_put(process);
    return 0;
}

PROC_TEXT(timerslack) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    text_printf(text, "%" PRIu64 "\n", task->timer_slack_ns);
    task_put(task);
    return 0;
}

PROC_TEXT(children) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->kernel->tasks_lock);
    LIST_FOR_EACH(child, &process->children) text_printf(text, "%d ", CONTAINER_OF(child, struct process, sibling)->pid);
    host_mutex_unlock(&process->kernel->tasks_lock);
    process_put(process);
    return 0;
}

PROC_TEXT(boot_id) {
    const struct kernel *kernel = proc_node_of(node)->kernel;
    const uint64_t a = (uint64_t)kernel->boot_ns * 0x9e3779b97f4a7c15ull, b = a ^ (a >> 29);
    text_printf(text, "%08x-%04x-4%03x-8%03x-%012" PRIx64 "\n", (unsigned)a, (unsigned)(a >> 32) & 0xffff, (unsigned)(a >> 48) & 0xfff,
                (unsigned)(b >> 52) & 0xfff, b & UINT64_C(0xffffffffffff));
    return 0;
}

PROC_TEXT(domainname) {
    struct kernel *kernel = proc_node_of(node)->kernel;
    host_mutex_lock(&kernel->names_lock);
    text_printf(text, "%s\n", kernel->domainname);
    host_mutex_unlock(&kernel->names_lock);
    return 0;
}

PROC_TEXT(interrupts) {
    const int n = proc_node_of(node)->kernel->n_cpus;
    text_printf(text, "     ");
    for (int i = 0; i < n; i++) text_printf(text, "%*sCPU%-4d", 4, "", i);
    text_printf(text, "\n");
    return 0;
}
