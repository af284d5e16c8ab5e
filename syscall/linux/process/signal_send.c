/* SPDX-License-Identifier: ISC */
/* Sending: is it wanted at all, what it does to stopped processes, where it is queued, which thread is woken.
 * Invariant: whoever makes a signal deliverable to a thread sets ATTENTION_SIGNAL there, under signal_lock. */
#include "syscall/linux/process/signal.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal_internal.h"

#include "base/error.h"

#include <string.h>

#define STOP_SIGNALS (1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1))

struct guest_siginfo signal_info(int signo, int code) {
    struct guest_siginfo info;
    memset(&info, 0, sizeof info);
    info.signo = signo;
    info.code = code;
    return info;
}

struct guest_siginfo signal_info_from(struct task *sender, int signo, int code) {
    struct guest_siginfo info = signal_info(signo, code);
    info.rt.pid = sender->process->pid;
    info.rt.uid = sender->cred.uid;
    return info;
}

/* only: the thread it is for, or NULL. Tracers see ignored signals, too. */
static bool is_ignored(struct process *process, const struct task *only, int signo) {
    const struct task *traced = only ? only : process->traced_leader;
    if (traced && atomic_load(&traced->trace.tracer)) return false;
    const struct guest_sigaction action = signal_action_of(process->actions, signo);
    return action.handler == SIG_IGN || (action.handler == SIG_DFL && signal_default_ignored(signo));
}

static void flush_everywhere(struct process *process, sigset_bits set) {
    signal_queue_flush_locked(&process->pending, set);
    LIST_FOR_EACH(node, &process->threads) {
        signal_queue_flush_locked(&CONTAINER_OF(node, struct task, thread_node)->pending, set);
    }
}

/* Tracers that seized hear of SIGCONT by PTRACE_EVENT_STOP. */
static void trap_seized(struct process *process) {
    LIST_FOR_EACH(node, &process->threads) {
        struct task *task = CONTAINER_OF(node, struct task, thread_node);
        if (!task->trace.seized) continue;
        task->trace.has_news = true;
        task_notify(task, ATTENTION_TRACE);
    }
}

static void continue_stopped(struct process *process) {
    flush_everywhere(process, STOP_SIGNALS);
    LIST_FOR_EACH(node, &process->threads) CONTAINER_OF(node, struct task, thread_node)->may_stop = false;
    trap_seized(process);
    if (!process->stopping) return;
    process->stopping = false;
    process->stop_report = false;
    process->continue_report = true;
    process->continue_notify = true;
    LIST_FOR_EACH(node, &process->threads) sched_wake(&CONTAINER_OF(node, struct task, thread_node)->sched);
}

/* Effects that come before queueing, also for a signal that is ignored or blocked. */
static void prepare(struct process *process, int signo) {
    if (signo == SIGCONT) continue_stopped(process);
    if (signal_default_stops(signo)) flush_everywhere(process, sig_bit(SIGCONT));
}

static bool wants(const struct task *task, int signo) {
    if (task->blocked & sig_bit(signo)) return false;
    return !(atomic_load(&task->attention) & ATTENTION_EXIT);
}

static struct task *choose_thread(struct process *process, int signo) {
    LIST_FOR_EACH(node, &process->threads) {
        struct task *task = CONTAINER_OF(node, struct task, thread_node);
        if (wants(task, signo)) return task;
    }
    return NULL;
}

/* The thread that is told of a signal just queued. only: the only candidate, or NULL. */
static void announce(struct process *process, struct task *only, int signo) {
    struct task *task = only ? (wants(only, signo) ? only : NULL) : choose_thread(process, signo);
    if (signo == SIGKILL) {
        signal_group_exit_locked(process, SIGKILL);
    } else if (task) {
        task_notify(task, ATTENTION_SIGNAL);
    }
    wait_queue_wake_all(&process->signal_wait);
}

static bool counts_against_limit(const struct guest_siginfo *info) {
    return info->signo >= SIGRTMIN && info->code < 0;
}

static int send_locked(struct process *process, struct task *only, const struct guest_siginfo *info) {
    const int signo = info->signo;
    if (process->n_threads == 0) return 0;
    prepare(process, signo);
    const bool blocked = only ? (only->blocked & sig_bit(signo)) != 0 : !choose_thread(process, signo);
    if (signo != SIGKILL && !blocked && is_ignored(process, only, signo)) return 0;
    struct signal_queue *queue = only ? &only->pending : &process->pending;
    if (counts_against_limit(info)) {
        const uint64_t limit = process_limit(process, RLIMIT_SIGPENDING);
        if ((uint64_t)queue->n_entries >= limit) return -EAGAIN;
    }
    const int r = signal_queue_add_locked(queue, info);
    if (r == 0) announce(process, only, signo);
    return r;
}

int signal_send_info_task(struct task *task, const struct guest_siginfo *info) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const int r = list_empty(&task->thread_node) ? -ESRCH : send_locked(process, task, info);
    host_mutex_unlock(&process->signal_lock);
    return r;
}

int signal_send_info_process(struct process *process, const struct guest_siginfo *info) {
    host_mutex_lock(&process->signal_lock);
    const int r = send_locked(process, NULL, info);
    host_mutex_unlock(&process->signal_lock);
    return r;
}

int signal_send_task(struct task *task, int signo, int code) {
    const struct guest_siginfo info = signal_info(signo, code);
    return signal_send_info_task(task, &info);
}

int signal_send_process(struct process *process, int signo, int code) {
    const struct guest_siginfo info = signal_info(signo, code);
    return signal_send_info_process(process, &info);
}

int signal_send_group(struct kernel *kernel, int pgid, int signo, int code) {
    int r = -ESRCH;
    host_mutex_lock(&kernel->tasks_lock);
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid != pgid) continue;
        r = 0;
        if (signo) signal_send_process(process, signo, code);
    }
    host_mutex_unlock(&kernel->tasks_lock);
    return r;
}

void signal_send_timer(struct process *process, struct task *target, struct signal_entry *entry, int missed) {
    const int signo = entry->info.signo;
    host_mutex_lock(&process->signal_lock);
    const bool gone = process->n_threads == 0 || (target && list_empty(&target->thread_node));
    if (!gone && !list_empty(&entry->node)) {
        entry->overrun += missed + 1;
    } else if (!gone) {
        prepare(process, signo);
        const bool blocked = target ? (target->blocked & sig_bit(signo)) != 0 : !choose_thread(process, signo);
        if (blocked || !is_ignored(process, target, signo)) {
            entry->overrun = missed;
            signal_queue_add_timer_locked(target ? &target->pending : &process->pending, entry);
            announce(process, target, signo);
        }
    }
    host_mutex_unlock(&process->signal_lock);
}

static bool is_queued_in(const struct signal_queue *queue, const struct signal_entry *entry) {
    LIST_FOR_EACH(node, &queue->entries) {
        if (node == &entry->node) return true;
    }
    return false;
}

void signal_forget_timer(struct process *process, struct signal_entry *entry) {
    host_mutex_lock(&process->signal_lock);
    if (is_queued_in(&process->pending, entry)) signal_queue_remove_timer_locked(&process->pending, entry);
    LIST_FOR_EACH(node, &process->threads) {
        struct signal_queue *queue = &CONTAINER_OF(node, struct task, thread_node)->pending;
        if (is_queued_in(queue, entry)) signal_queue_remove_timer_locked(queue, entry);
    }
    list_remove(&entry->node);
    host_mutex_unlock(&process->signal_lock);
}

/* Queued by hand: the disposition is forced first, so that "ignored" cannot drop it. */
void signal_force(struct task *task, const struct guest_siginfo *info) {
    struct process *process = task->process;
    struct signal_actions *actions = process->actions;
    const int i = info->signo - 1;
    host_mutex_lock(&process->signal_lock);
    const bool blocked = (task->blocked & sig_bit(info->signo)) != 0;
    host_mutex_lock(&actions->lock);
    if (blocked || actions->action[i].handler == SIG_IGN) actions->action[i].handler = SIG_DFL;
    host_mutex_unlock(&actions->lock);
    task->blocked &= ~sig_bit(info->signo);
    if (signal_queue_add_locked(&task->pending, info) < 0) signal_group_exit_locked(process, info->signo);
    task_notify(task, ATTENTION_SIGNAL);
    host_mutex_unlock(&process->signal_lock);
}

/* A thread that runs exec alone survives: it asked for this. */
void signal_group_exit_locked(struct process *process, int wait_status) {
    if (!process->group_exit) {
        process->group_exit = true;
        process->group_status = wait_status;
        atomic_store(&process->dying, true);
    }
    if (wait_status == SIGKILL) process->killed = true;
    process->stopping = false;
    LIST_FOR_EACH(node, &process->threads) task_notify(CONTAINER_OF(node, struct task, thread_node), ATTENTION_EXIT);
}

void signal_group_exit(struct process *process, int wait_status) {
    host_mutex_lock(&process->signal_lock);
    signal_group_exit_locked(process, wait_status);
    host_mutex_unlock(&process->signal_lock);
}
