/* SPDX-License-Identifier: ISC */
/* One pending signal after the other: ignored, default (end, stop), or handed out for its handler. */
#include "syscall/linux/process/deliver.h"
#include "syscall/linux/process/crash.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/stop.h"

#include "syscall/linux/abi/wait.h"

void deliver_exit(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    task->exit_code = process->group_exit ? process->group_status : 0;
    host_mutex_unlock(&process->signal_lock);
    task->exiting = true;
}

/* The action, with SA_RESETHAND applied if a handler is going to run. */
static struct guest_sigaction take_action(struct signal_actions *actions, int signo) {
    host_mutex_lock(&actions->lock);
    struct guest_sigaction *entry = &actions->action[signo - 1];
    const struct guest_sigaction action = *entry;
    const bool handler = action.handler != SIG_IGN && action.handler != SIG_DFL;
    if (handler && (action.flags & SA_RESETHAND)) entry->handler = SIG_DFL;
    host_mutex_unlock(&actions->lock);
    return action;
}

void deliver_end(struct task *task, const struct guest_siginfo *info) {
    const int signo = info->signo;
    const struct cpu_state *state = &task->cpu->state;
    log_verbose(task->kernel->log, "process %d (%s), thread %d: ended by signal %d at %#llx, last fault address %#llx",
                task->process->pid, task->comm, task_tid(task), signo, (unsigned long long)state->rip,
                (unsigned long long)task->trap.cr2);
    if (signal_default_dumps_core(signo)) crash_end(task, info);
    else signal_group_exit(task->process, signo);
    deliver_exit(task);
}

static void default_action(struct task *task, const struct guest_siginfo *info) {
    const int signo = info->signo;
    if (signal_default_ignored(signo)) return;
    if (signal_default_stops(signo)) {
        if (stop_begin(task, signo)) stop_wait(task);
        return;
    }
    deliver_end(task, info);
}

static bool must_exit(const struct task *task) {
    return task->exiting || (atomic_load(&task->attention) & ATTENTION_EXIT);
}

/* To whoever may change it or take it away: its tracer, then the machine's debugger. */
static int show_signal(struct task *task, int signo, struct guest_siginfo *info) {
    struct debugger *debugger = task->kernel->options.debugger;
    signo = ptrace_signal(task, signo, info);
    return debugger && signo && signo != SIGKILL ? debugger->signal(debugger, task, info) : signo;
}

bool deliver_next(struct task *task, struct delivery *out) {
    for (;;) {
        if (atomic_load(&task->attention) & ATTENTION_STOP) stop_wait(task);
        if (must_exit(task)) {
            if (!task->exiting) deliver_exit(task);
            return false;
        }
        if (atomic_load(&task->attention) & ATTENTION_TRACE) {
            ptrace_trap(task, stop_cause(task));
            continue;
        }
        out->signo = signal_dequeue(task, ~task->blocked, &out->info);
        if (!out->signo) return false;
        out->signo = show_signal(task, out->signo, &out->info);
        if (!out->signo) continue;
        out->action = take_action(task->process->actions, out->signo);
        if (out->action.handler == SIG_DFL) {
            default_action(task, &out->info);
        } else if (out->action.handler != SIG_IGN) {
            return true;
        }
    }
}
