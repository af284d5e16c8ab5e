/* SPDX-License-Identifier: ISC */
/* The thread that took the signal is the dumper: it tells the others to exit and waits until each is parked, where its registers stay as
 * they were, or gone. SIGKILL ends all waiting. */
#include "syscall/linux/process/crash.h"
#include "syscall/linux/process/core_dump.h"

#include "syscall/linux/abi/wait.h"

/* False: the process is ending already, or a thread of it execs. */
static bool begin(struct task *task, int signo) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool first = !process->group_exit && !process->exec_task;
    if (first) {
        process->dumper = task;
        process->n_parked = 0;
    }
    signal_group_exit_locked(process, signo);
    host_mutex_unlock(&process->signal_lock);
    return first;
}

static void wait_for_others(struct task *task) {
    struct process *process = task->process;
    for (bool waiting = true; waiting;) {
        host_mutex_lock(&process->signal_lock);
        waiting = process->n_parked + 1 < process->n_threads && !process->killed;
        host_mutex_unlock(&process->signal_lock);
        if (waiting) sched_block_uninterruptible(&task->sched, SCHED_NEVER);
    }
}

static void end(struct task *task, int status) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    process->dumper = NULL;
    if (!process->killed) process->group_status = status;
    LIST_FOR_EACH(node, &process->threads) sched_wake(&CONTAINER_OF(node, struct task, thread_node)->sched);
    host_mutex_unlock(&process->signal_lock);
}

void crash_end(struct task *task, const struct guest_siginfo *info) {
    const struct kernel_options *options = &task->kernel->options;
    const int signo = info->signo;
    const bool wanted = core_dump_wanted(task) || options->explain_crash;
    if (!wanted || !begin(task, signo)) {
        signal_group_exit(task->process, signo);
        return;
    }
    wait_for_others(task);
    const bool dumped = core_dump(task, info);
    if (options->explain_crash) options->explain_crash(options->explain_crash_arg, task, info);
    end(task, dumped ? signo | WAIT_CORE_FLAG : signo);
}

static bool is_held(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool held = process->dumper && process->dumper != task && !process->killed;
    if (!held && process->group_exit) task->exit_code = process->group_status;
    host_mutex_unlock(&process->signal_lock);
    return held;
}

void crash_park(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool parks = process->dumper && process->dumper != task;
    if (parks) {
        process->n_parked++;
        sched_wake(&process->dumper->sched);
    }
    host_mutex_unlock(&process->signal_lock);
    if (!parks) return;
    while (is_held(task)) sched_block_uninterruptible(&task->sched, SCHED_NEVER);
}
