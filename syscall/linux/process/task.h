/* SPDX-License-Identifier: ISC */
/* A task: one guest thread, run by one host thread. Counted: its host thread, its entry in the pid table and whoever
 * looks at it hold one each. sys_* handlers get the task that made the call and are its owner thread. */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "cpu/cpu.h"
#include "host/cpu_clock.h"
#include "sched/sched.h"
#include "syscall/linux/abi/siginfo.h"
#include "syscall/linux/process/cred.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/process.h"
#include "syscall/linux/process/task_trace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fd_table;
struct fs_context;
struct sem_undo_list;
struct task;

#define TASK_COMM_SIZE 16
#define TASK_CPU_CLOCK_SERIAL (HOST_NO_CPU_CLOCK + 1) /* the scheduler counts its time */

/* The system call in progress: dispatch.c fills it, run.c resolves restarts from it. Owner thread only. */
struct task_syscall {
    uint64_t number;
    uint64_t args[6];
    bool restartable; /* false outside a call and after rt_sigreturn and exec */
    bool is_current;  /* the last thing that left guest code was this call: a tracer sees its number as orig_rax */
};

/* What restart_syscall(2) goes on with. Owner thread only. */
struct task_restart {
    int64_t (*fn)(struct task *task); /* NULL: -EINTR */
    uint64_t args[6];
    int64_t deadline_ns;
};

struct task_altstack {
    uint64_t base, size;
    uint32_t flags; /* SS_DISABLE, SS_AUTODISARM */
};

/* The last exception, as a signal frame shows it. Owner thread only. */
struct task_trap {
    uint64_t number, error_code, cr2;
};

enum task_attention {
    ATTENTION_SIGNAL = 1,  /* a signal that may be taken is pending */
    ATTENTION_EXIT = 2,    /* the thread must exit */
    ATTENTION_STOP = 4,    /* the process stops */
    ATTENTION_FENCE = 8,   /* membarrier waits for this thread */
    ATTENTION_RESTORE_MASK = 16, /* saved_mask comes back if no handler runs */
    ATTENTION_TRACE = 32,  /* its tracer wants a stop (PTRACE_EVENT_STOP) */
    ATTENTION_HOST = 64,   /* host signals wait to be taken */
};

struct task {
    struct sched_thread sched;
    _Atomic int refs;

    /* immutable after start */
    struct kernel *kernel;
    struct process *process;         /* counted */

    _Atomic int tid;                 /* atomic: changes only when a thread that is not the leader execs */
    _Atomic uint32_t attention;      /* atomic: bits of enum task_attention; set by anyone, then the task is kicked */

    /* owner thread only */
    struct cpu *cpu;                 /* owned; others may only cpu_kick it while the task is in the pid table */
    struct task_syscall syscall;
    struct task_restart restart;
    struct task_trap trap;
    uint64_t clear_child_tid;
    struct task_altstack altstack;
    sigset_bits saved_mask;          /* of sigsuspend, ppoll, pselect6, epoll_pwait */
    bool exiting;                    /* leave the run loop with exit_code */
    int exit_code;                   /* wait(2) encoding */
    struct task *vfork_child;        /* borrowed; only compared */
    uint64_t spins[4];               /* what the registers were, hashed, at the last accesses that a tap stopped */
    uint64_t timer_slack_ns;
    int memory_policy;               /* MPOL_*, */
    bool memory_policy_has_node;     /* and whether it names node 0 */
    char *strace_text;               /* owned: the line of a call that replaces the program; NULL */
    bool strace_halved;              /* the first half of the current call's line is out */

    struct host_mutex lock;
    /* changed by the owner under lock; the owner reads freely, others under lock */
    struct fd_table *fds;            /* counted; NULL once the task has exited */
    struct fs_context *fs;           /* counted; NULL once the task has exited */
    struct cred cred;
    struct sem_undo_list *sem_undo;  /* counted; NULL: nothing to undo, nobody to share with */
    uint64_t robust_list;            /* gva of the head */
    char comm[TASK_COMM_SIZE];
    int sched_policy, sched_priority;
    int io_priority;                 /* ioprio_set(2); others write it too, under lock */
    uint64_t affinity[16];           /* bits of the processors it may use, 1024 of them */
    int64_t cpu_clock;               /* host id of this thread's CPU clock, TASK_CPU_CLOCK_SERIAL; HOST_NO_CPU_CLOCK while it has none */
    int64_t cpu_ns_at_start;         /* what that clock said when the task began */
    int64_t cpu_ns_at_exit;          /* of the task alone */
    struct host_cpu_usage usage_at_start, usage; /* of the host thread; the second when somebody last asked, and at the exit */

    /* guarded by process->signal_lock */
    sigset_bits blocked;             /* written by the owner only: the owner reads freely */
    struct signal_queue pending;     /* for this thread */
    bool stopped;                    /* waits for SIGCONT */
    bool may_stop;                   /* it took a stop signal, and no SIGCONT has come since */

    /* guarded by kernel->tasks_lock */
    struct list thread_node;         /* process->threads (and under signal_lock) */
    struct list tid_node;            /* kernel->tasks_by_tid */
    bool in_table;                   /* false once it has exited */

    /* vfork: the parent sleeps until done. done: atomic, set once by exec or exit of the child */
    _Atomic bool vfork_done;
    struct task *vfork_parent;       /* counted; owner thread only; NULL if nobody waits */

    struct task_trace trace;         /* says itself what guards it */

    /* guarded by the futex table's pi_lock */
    struct futex_waiter *pi_blocked; /* the PI wait this task sleeps in; NULL */

    _Atomic uint32_t fence_seen;     /* atomic: last membarrier generation passed */
    _Atomic char state;              /* atomic: 'R' 'S' 'D' 'T' 'Z' for /proc; a hint only */
    _Atomic uint64_t voluntary_switches;
    /* atomic: changed by the owner alone */
    _Atomic uint64_t read_bytes, written_bytes, reads, writes;
};

/* A task of process with a new CPU, not in any table yet. Returns NULL without memory. */
struct task *task_new(struct process *process);
/* Starts the host thread, which runs kernel->options.run_task and then exits. Returns 0, -EAGAIN, -ENOMEM. */
int task_start(struct task *task);
/* The same on the calling thread, which is open to host signals meanwhile; returns when the task has exited. */
void task_run_here(struct task *task);
struct task *task_get(struct task *task);
void task_put(struct task *task);
/* The thread with that tid, counted; NULL when there is none. Locks: takes tasks_lock. */
struct task *task_find(struct kernel *kernel, int tid);
/* Calls cb for every thread of the process, each held while cb runs, no lock held. cb returns non-zero to stop. */
int task_for_each(struct process *process, int (*cb)(struct task *task, void *arg), void *arg);

static inline int task_tid(const struct task *task) {
    return atomic_load_explicit(&task->tid, memory_order_relaxed);
}

static inline struct address_space *task_space(const struct task *task) {
    return task->process->space;
}

/* Guest memory of the calling task. Return 0 or -EFAULT; the string's length or -EFAULT, -ENAMETOOLONG. */
static inline int copy_from_guest(struct task *task, void *dst, uint64_t gva, size_t n) {
    return space_copy_in(task_space(task), dst, gva, n);
}
static inline int copy_to_guest(struct task *task, uint64_t gva, const void *src, size_t n) {
    return space_copy_out(task_space(task), gva, src, n);
}
static inline int64_t copy_string_from_guest(struct task *task, char *dst, uint64_t gva, size_t max) {
    return space_copy_string(task_space(task), dst, gva, max);
}

/* Counts a call that read or wrote; result: the call's. Owner thread. */
static inline void task_count_io(struct task *task, bool write, int64_t result) {
    _Atomic uint64_t *calls = write ? &task->writes : &task->reads, *bytes = write ? &task->written_bytes : &task->read_bytes;
    const uint64_t n = result > 0 ? (uint64_t)result : 0;
    atomic_store_explicit(calls, atomic_load_explicit(calls, memory_order_relaxed) + 1, memory_order_relaxed);
    atomic_store_explicit(bytes, atomic_load_explicit(bytes, memory_order_relaxed) + n, memory_order_relaxed);
}

/* True when a sleeping call must give up: a signal to take, or the thread must exit. Owner thread. */
static inline bool task_interrupted(const struct task *task) {
    return (atomic_load_explicit(&task->attention, memory_order_acquire) &
            (ATTENTION_SIGNAL | ATTENTION_EXIT | ATTENTION_STOP | ATTENTION_TRACE | ATTENTION_HOST)) != 0;
}

/* sched_block for the calling task, counted and shown in /proc as sleeping. Returns as sched_block does. */
int task_block(struct task *task, int64_t deadline_ns);

/* Makes the task leave guest code and any sleep to look at its attention bits. bits: enum task_attention.
 * Locks: the caller holds tasks_lock or signal_lock of its process or a count, and the task is in_table. */
/* Around a fork of our process by the task's host thread, whose clocks begin anew in the child. */
struct task_used {
    int64_t cpu_ns;
    struct host_cpu_usage usage;
};
struct task_used task_used_until_fork(struct task *task);
void task_used_before_fork(struct task *task, const struct task_used *used);
void task_notify(struct task *task, uint32_t bits);

/* Swaps the signal mask for the length of one sleeping call (ppoll, pselect6, epoll_pwait, sigsuspend); run.c puts
 * the old one back, after the handler's frame if one runs. Owner thread. */
void task_set_temporary_mask(struct task *task, sigset_bits mask);
/* The same with a mask in guest memory: gva 0 = nothing to do; size must be 8. Returns 0, -EINVAL, -EFAULT. */
int task_set_temporary_mask_from_guest(struct task *task, uint64_t gva, uint64_t size);
/* Puts the old mask back at once: the call did not end in a signal. */
void task_restore_mask(struct task *task);
