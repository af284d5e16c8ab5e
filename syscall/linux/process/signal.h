/* SPDX-License-Identifier: ISC */
/* Signals: sending, masking, taking. Delivery (frames, default actions) is signal_deliver.h, run.c's business.
 * Lock order: kernel->tasks_lock, process->signal_lock, signal_actions->lock. Sources: signal(7), sigaction(2). */
#pragma once

#include "syscall/linux/abi/signal.h"
#include "syscall/linux/process/task.h"

#define SIGSET_UNBLOCKABLE ((1ull << (SIGKILL - 1)) | (1ull << (SIGSTOP - 1)))

/* Dispositions, shared by CLONE_SIGHAND. Counted. */
struct signal_actions {
    _Atomic int refs;
    struct host_mutex lock;
    struct guest_sigaction action[SIGNAL_COUNT]; /* guarded by lock; [signo - 1] */
};

struct signal_actions *signal_actions_new(void);
struct signal_actions *signal_actions_get(struct signal_actions *actions);
void signal_actions_put(struct signal_actions *actions);
/* A copy for fork; NULL without memory. */
struct signal_actions *signal_actions_copy(struct signal_actions *actions);
/* exec and CLONE_CLEAR_SIGHAND: handlers become default; ignored stays ignored if keep_ignored. */
void signal_actions_reset(struct signal_actions *actions, bool keep_ignored);
struct guest_sigaction signal_action_of(struct signal_actions *actions, int signo);

/* One pending signal. A timer's entry is embedded in the timer and queued at most once. */
struct signal_entry {
    struct list node;
    struct guest_siginfo info;
    bool embedded;         /* immutable; false: the entry is owned by the queue */
    int overrun;           /* expirations while queued; guarded by signal_lock */
    int last_overrun;      /* of the signal taken last; guarded by signal_lock */
};

void signal_queue_init(struct signal_queue *queue);
/* Empties the queue. The caller holds signal_lock or is the last user. */
void signal_queue_flush_locked(struct signal_queue *queue, sigset_bits set);

/* siginfo of a signal that the kernel sends (SI_KERNEL), or that task sends by kill (SI_USER), tkill (SI_TKILL). */
struct guest_siginfo signal_info(int signo, int code);
struct guest_siginfo signal_info_from(struct task *sender, int signo, int code);

/* Sends to one thread, to any thread of a process. A standard signal already pending is dropped, a real-time one is
 * queued. Return 0 or -EAGAIN (queue full, only for real-time signals that were queued by a user), -ESRCH.
 * Locks: take signal_lock; the caller may hold tasks_lock. */
int signal_send_info_task(struct task *task, const struct guest_siginfo *info);
int signal_send_info_process(struct process *process, const struct guest_siginfo *info);
/* The same with SI_KERNEL-style info made here: code SI_KERNEL, SI_USER ... */
int signal_send_task(struct task *task, int signo, int code);
int signal_send_process(struct process *process, int signo, int code);
/* To every process of a group (F_SETOWN, terminals). Takes tasks_lock. Returns 0 or -ESRCH. */
int signal_send_group(struct kernel *kernel, int pgid, int signo, int code);
/* Queues a timer's embedded entry. target: NULL = the process. If it is queued still, or periods were missed, they are
 * counted as overruns. */
void signal_send_timer(struct process *process, struct task *target, struct signal_entry *entry, int missed);
/* Takes a timer's entry out of the queues; after it the entry may be freed. */
void signal_forget_timer(struct process *process, struct signal_entry *entry);

/* A fault of the instruction just run: cannot be blocked or ignored; then it kills. Owner thread. */
void signal_force(struct task *task, const struct guest_siginfo *info);
/* Ends the whole process with a wait status (exit_group, a fatal signal). Owner thread or tasks_lock holder. */
void signal_group_exit(struct process *process, int wait_status);
void signal_group_exit_locked(struct process *process, int wait_status);

/* Replaces the thread's mask (SIGKILL and SIGSTOP are never blocked). Owner thread. */
void signal_set_blocked(struct task *task, sigset_bits mask);
/* Signals pending for the thread or its process. */
sigset_bits signal_pending(struct task *task);
/* Takes the next pending signal out of `set`. Returns its number with *info filled, or 0. */
int signal_dequeue(struct task *task, sigset_bits set, struct guest_siginfo *info);
/* The same with signal_lock held. */
int signal_dequeue_locked(struct task *task, sigset_bits set, struct guest_siginfo *info);
/* Sets or clears ATTENTION_SIGNAL by what is pending now. Owner thread. */
void signal_recalculate_locked(struct task *task);
/* A thread leaves: signals it was chosen for go to another one. */
void signal_retarget_locked(struct task *leaving, sigset_bits set);

/* Default actions. */
bool signal_default_ignored(int signo);
bool signal_default_stops(int signo);
bool signal_default_dumps_core(int signo);
