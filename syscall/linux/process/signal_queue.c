/* SPDX-License-Identifier: ISC */
/* Pending signals: what is queued, and which one is taken next.
 * Invariant: a bit of queue->set is on exactly while the queue holds an entry of that signal. */
#include "syscall/linux/process/signal.h"
#include "syscall/linux/process/signal_internal.h"

#include "base/error.h"

#include <stdlib.h>

/* Faults are taken before everything else, so that their frame shows the faulting instruction. */
#define SYNCHRONOUS \
    (1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGILL - 1) | 1ull << (SIGTRAP - 1) | \
     1ull << (SIGFPE - 1) | 1ull << (SIGSYS - 1))

void signal_queue_init(struct signal_queue *queue) {
    queue->set = 0;
    queue->n_entries = 0;
    list_init(&queue->entries);
}

static void drop_entry(struct signal_queue *queue, struct signal_entry *entry) {
    list_remove(&entry->node);
    queue->n_entries--;
    if (!entry->embedded) free(entry);
}

void signal_queue_flush_locked(struct signal_queue *queue, sigset_bits set) {
    if (!(queue->set & set)) return;
    queue->set &= ~set;
    LIST_FOR_EACH(node, &queue->entries) {
        struct signal_entry *entry = CONTAINER_OF(node, struct signal_entry, node);
        if (set & sig_bit(entry->info.signo)) drop_entry(queue, entry);
    }
}

int signal_queue_add_locked(struct signal_queue *queue, const struct guest_siginfo *info) {
    const bool realtime = info->signo >= SIGRTMIN;
    if (!realtime && (queue->set & sig_bit(info->signo))) return 0;
    struct signal_entry *entry = malloc(sizeof *entry);
    if (!entry) return -EAGAIN;
    *entry = (struct signal_entry){.info = *info};
    list_append(&queue->entries, &entry->node);
    queue->n_entries++;
    queue->set |= sig_bit(info->signo);
    return 0;
}

void signal_queue_add_timer_locked(struct signal_queue *queue, struct signal_entry *entry) {
    list_append(&queue->entries, &entry->node);
    queue->n_entries++;
    queue->set |= sig_bit(entry->info.signo);
}

static bool holds(const struct signal_queue *queue, int signo) {
    LIST_FOR_EACH(node, &queue->entries) {
        if (CONTAINER_OF(node, struct signal_entry, node)->info.signo == signo) return true;
    }
    return false;
}

void signal_queue_remove_timer_locked(struct signal_queue *queue, struct signal_entry *entry) {
    list_remove(&entry->node);
    queue->n_entries--;
    if (!holds(queue, entry->info.signo)) queue->set &= ~sig_bit(entry->info.signo);
}

static int next_signal(sigset_bits ready) {
    if (ready & SYNCHRONOUS) ready &= SYNCHRONOUS;
    return ready ? __builtin_ctzll(ready) + 1 : 0;
}

static void report_overrun(struct signal_entry *entry, struct guest_siginfo *info) {
    entry->last_overrun = entry->overrun;
    entry->overrun = 0;
    if (info->code == SI_TIMER) info->timer.overrun = entry->last_overrun;
}

static void take(struct signal_queue *queue, int signo, struct guest_siginfo *info) {
    LIST_FOR_EACH(node, &queue->entries) {
        struct signal_entry *entry = CONTAINER_OF(node, struct signal_entry, node);
        if (entry->info.signo != signo) continue;
        *info = entry->info;
        if (entry->embedded) report_overrun(entry, info);
        drop_entry(queue, entry);
        break;
    }
    if (!holds(queue, signo)) queue->set &= ~sig_bit(signo);
}

int signal_dequeue_locked(struct task *task, sigset_bits set, struct guest_siginfo *info) {
    struct signal_queue *queue = &task->pending;
    int signo = next_signal(queue->set & set);
    if (!signo) {
        queue = &task->process->pending;
        signo = next_signal(queue->set & set);
    }
    if (signo) take(queue, signo, info);
    if (signo && signal_default_stops(signo)) task->may_stop = true;
    return signo;
}

int signal_dequeue(struct task *task, sigset_bits set, struct guest_siginfo *info) {
    host_mutex_lock(&task->process->signal_lock);
    const int signo = signal_dequeue_locked(task, set, info);
    signal_recalculate_locked(task);
    host_mutex_unlock(&task->process->signal_lock);
    return signo;
}

sigset_bits signal_pending(struct task *task) {
    host_mutex_lock(&task->process->signal_lock);
    const sigset_bits set = task->pending.set | task->process->pending.set;
    host_mutex_unlock(&task->process->signal_lock);
    return set;
}
