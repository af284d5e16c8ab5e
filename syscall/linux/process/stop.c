/* SPDX-License-Identifier: ISC */
/* A stop is a flag on the process; each thread that sees it counts itself and sleeps; the last one reports. */
#include "syscall/linux/process/stop.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/signal.h"

/* A group is orphaned when no member has a parent in another group of the same session. */
static bool is_orphaned_locked(struct kernel *kernel, int pgid, const struct process *except) {
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid != pgid || process == except || process->state != PROCESS_RUNNING) continue;
        const struct process *parent = process->parent;
        if (!parent) {
            if (process == kernel->init) return false; /* the host's shell is its parent */
            continue;
        }
        if (parent->pgid != pgid && parent->sid == process->sid) return false;
    }
    return true;
}

bool stop_group_is_orphaned_locked(struct kernel *kernel, int pgid) {
    return is_orphaned_locked(kernel, pgid, NULL);
}

bool stop_is_complete_locked(struct process *process) {
    if (!process->stopping || process->stop_report || process->n_stopped < process->n_threads) return false;
    return process->n_threads > 0 && process->stop_signal != 0; /* 0: wait4 has taken the report */
}

void stop_report_locked(struct process *process) {
    host_mutex_lock(&process->signal_lock);
    const bool complete = stop_is_complete_locked(process);
    if (complete) process->stop_report = true;
    const int signo = process->stop_signal;
    host_mutex_unlock(&process->signal_lock);
    if (complete) exit_notify_parent_locked(process, CLD_STOPPED, signo);
}

bool stop_begin(struct task *task, int signo) {
    struct kernel *kernel = task->kernel;
    struct process *process = task->process;
    bool ok = true;
    host_mutex_lock(&kernel->tasks_lock);
    if (signo != SIGSTOP && is_orphaned_locked(kernel, process->pgid, NULL)) ok = false;
    host_mutex_lock(&process->signal_lock);
    if (process->group_exit) ok = false;
    if (!task->may_stop) ok = false;
    if (ok && !process->stopping) {
        process->stopping = true;
        process->n_stopped = 0;
        process->stop_signal = process->stop_cause = signo;
        process->stop_report = process->continue_report = false;
        LIST_FOR_EACH(node, &process->threads) {
            struct task *other = CONTAINER_OF(node, struct task, thread_node);
            other->stopped = false; /* one that sleeps since the last stop counts itself again */
            task_notify(other, ATTENTION_STOP);
        }
    }
    host_mutex_unlock(&process->signal_lock);
    host_mutex_unlock(&kernel->tasks_lock);
    return ok;
}

/* True when that completed the stop of the machine's first process. */
static bool count_stopped(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&task->kernel->tasks_lock);
    host_mutex_lock(&process->signal_lock);
    if (process->stopping && !task->stopped) {
        task->stopped = true;
        process->n_stopped++;
    }
    const bool complete = stop_is_complete_locked(process) && process == task->kernel->init;
    host_mutex_unlock(&process->signal_lock);
    stop_report_locked(process);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return complete;
}

static bool still_stopped(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool stopped = process->stopping && !(atomic_load(&task->attention) & ATTENTION_EXIT);
    if (!stopped && task->stopped) {
        task->stopped = false;
        if (process->stopping) process->n_stopped--;
    }
    host_mutex_unlock(&process->signal_lock);
    return stopped;
}

int stop_cause(struct task *task) {
    host_mutex_lock(&task->process->signal_lock);
    const int signo = task->process->stopping ? task->process->stop_cause : 0;
    host_mutex_unlock(&task->process->signal_lock);
    return signo;
}

static void report_continue(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&task->kernel->tasks_lock);
    host_mutex_lock(&process->signal_lock);
    const bool notify = process->continue_notify;
    process->continue_notify = false;
    host_mutex_unlock(&process->signal_lock);
    if (notify) exit_notify_parent_locked(process, CLD_CONTINUED, SIGCONT);
    host_mutex_unlock(&task->kernel->tasks_lock);
}

/* A traced thread's stop is its tracer's to end. */
void stop_wait(struct task *task) {
    atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_STOP);
    const struct kernel_options *options = &task->kernel->options;
    while (still_stopped(task)) {
        atomic_store(&task->state, 'T');
        if (count_stopped(task) && options->init_stopped) options->init_stopped(options->callback_arg);
        if (ptrace_is_traced(task)) {
            ptrace_trap(task, stop_cause(task));
            break;
        }
        sched_block_uninterruptible(&task->sched, SCHED_NEVER);
    }
    atomic_store(&task->state, 'R');
    report_continue(task);
}

static bool has_stopped_member_locked(struct kernel *kernel, int pgid) {
    bool found = false;
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid != pgid) continue;
        host_mutex_lock(&process->signal_lock);
        found = found || process->stopping;
        host_mutex_unlock(&process->signal_lock);
    }
    return found;
}

static void hang_up_locked(struct kernel *kernel, int pgid) {
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid != pgid || process->state != PROCESS_RUNNING) continue;
        signal_send_process(process, SIGHUP, SI_KERNEL);
        signal_send_process(process, SIGCONT, SI_KERNEL);
    }
}

static bool kept_alive(const struct process *parent, const struct process *member) {
    return parent && parent->pgid != member->pgid && parent->sid == member->sid;
}

/* Only groups that this process kept from being orphaned can have changed: its own, by its parent. */
void stop_hang_up_orphans_locked(struct process *process) {
    struct kernel *kernel = process->kernel;
    if (!kept_alive(process->parent, process)) return;
    if (!is_orphaned_locked(kernel, process->pgid, process)) return;
    if (has_stopped_member_locked(kernel, process->pgid)) hang_up_locked(kernel, process->pgid);
}
