/* SPDX-License-Identifier: ISC */
/* The kernel of one machine: what all its processes share. Made by machine/, one per machine, no globals.
 * Invariant: it outlives every task; kernel_free waits until the last one has gone. */
#pragma once

#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "host/signal.h"
#include "host/thread.h"
#include "sched/scheduler.h"

#include <stdbool.h>
#include <stdint.h>

struct cpu_env;
struct debugger;
struct guest_siginfo;
struct engine;
struct fd_table;
struct frame_pool;
struct fs_context;
struct futex_table;
struct ipc;
struct net;
struct mem_tap;
struct strategy_event;
struct process;
struct strace;
struct cpu_state;
struct task;
struct timer_service;
struct vfs;

/* The pid that orphans see as parent: the machine itself. It reaps at once and has no task. */
#define KERNEL_PID 1
enum { KERNEL_PID_BUCKETS = 256, KERNEL_PID_MAX = 4194304, KERNEL_PID_FIRST = 300 };

struct kernel_options {
    const struct log *log;          /* borrowed for the kernel's life, as all of these */
    const struct engine *engine;
    void (*run_task)(struct task *task); /* task_run of run.h: the body of a guest thread */
    const struct cpu_env *cpu_env;
    struct frame_pool *frame_pool;
    struct vfs *vfs;                /* fs/: mounts and root of this machine */
    int net;                        /* enum net_reach of net/net.h: what inet sockets reach */
    struct scheduler *scheduler;
    struct entropy entropy;
    struct strace *strace;          /* traces calls; NULL: no */
    uint32_t uid, gid;              /* ids of the first process */
    const char *hostname;           /* NULL: "lockstep" */
    int n_cpus;                     /* processors the guest sees; 0: the host's */
    uint64_t hwcap, hwcap2;         /* AT_HWCAP: CPUID.1:EDX; AT_HWCAP2 */
    bool fixed_addresses;           /* no random places for stack, mappings, program and heap at exec */
    uint64_t inherited_ignored;     /* signals (bit n - 1) that the first process starts out ignoring, */
    uint64_t inherited_blocked;     /* and with blocked */
    void (*init_stopped)(void *arg); /* the first process has stopped; any thread, no lock held; may be NULL */
    /* Host signals, when the first process's first thread is to run on the thread that waits for the machine's end; else NULL. */
    void (*open)(void *arg, bool open); /* that thread is about to run guest code, or has */
    void (*take)(void *arg);            /* it saw ATTENTION_HOST (kernel_notify_first); no lock held */
    int (*more)(void *arg);             /* another thread is about to start: 0 or -E */
    /* The only task there is, on whose thread this is called, makes a second process: our own may now become two. Returns whether this is
     * another host process; then forked is called when the new one has been made. init_gone: the first process has ended with this status (wait(2)), others live; tasks_lock is held. May be NULL */
    bool (*first_fork)(void *arg, struct task *task);
    void (*forked)(void *arg);
    void (*init_gone)(void *arg, int status);
    void (*last_ends)(void *arg, int status); /* the last thread is about to end: the first process's status; no lock held; may be NULL */
    void *callback_arg;                 /* of all these, from init_stopped on */
    void (*at_call)(void *arg, const struct cpu_state *state, uint64_t retired); /* a thread makes a call; its own thread; may be NULL */
    void *at_call_arg;
    uint64_t core_limit;            /* the first process's soft RLIMIT_CORE */
    /* A process dies of a signal that dumps core; its threads stand still. The dying thread, no lock held; may be NULL */
    void (*explain_crash)(void *arg, struct task *task, const struct guest_siginfo *info);
    void *explain_crash_arg;
    struct mem_tap *tap;            /* of every CPU; NULL: none */
    /* Told of an access that the tap stopped, which is no decision then; may be NULL */
    void (*access)(void *arg, const struct task *task, const struct strategy_event *event);
    void *access_arg;
    /* `task` is about to make another one; it calls this with no lock held; may be NULL */
    void (*before_clone)(void *arg, struct task *task);
    void *before_clone_arg;
    struct debugger *debugger;      /* debugger.h; NULL: there is none. Serial machines only; may be set until the first process starts */
};

struct kernel {
    /* immutable after init */
    struct kernel_options options;
    const struct log *log;
    struct frame_pool *frame_pool;
    struct vfs *vfs;
    struct futex_table *futexes;    /* owned */
    struct ipc *ipc;                /* owned */
    struct net *net;                /* owned; net/net.h */
    struct scheduler *scheduler;
    struct timer_service *timers;   /* the scheduler's */
    int64_t boot_ns;                /* scheduler_monotonic_ns() when the machine started */
    int n_cpus;

    struct host_mutex tasks_lock;   /* the process tree: see docs/locking.md */
    /* guarded by tasks_lock */
    struct list tasks_by_tid[KERNEL_PID_BUCKETS];     /* struct task.tid_node */
    struct list processes_by_pid[KERNEL_PID_BUCKETS]; /* struct process.pid_node; zombies too */
    int last_pid;
    int n_tasks;
    struct process *init;           /* first process; counted */
    bool init_exited;
    int init_status;                /* wait(2) encoding, valid once init_exited */
    bool shutting_down;             /* no new tasks */
    struct task *first;             /* user's thread only: counted, waits for kernel_run_first; NULL */
    struct task *_Atomic notified;  /* atomic: whom kernel_notify_first tells; NULL */
    bool has_forked;                /* first_fork was called; the only task's own */
    char start_reason[256];         /* why kernel_start_init failed, one clause; "" if there is no more to say */

    _Atomic uint32_t init_event;    /* atomic, futex word: 1 once init has exited */
    _Atomic uint32_t tasks_event;   /* atomic, futex word: changes when a task has left the tables (n_tasks) */
    _Atomic uint32_t live;          /* atomic, futex word: host threads of tasks; the last touch of each */
    _Atomic uint32_t fence;         /* atomic: generation of the last membarrier */

    struct host_mutex names_lock;
    /* guarded by names_lock */
    char hostname[65], domainname[65];
};

/* Returns NULL without memory. options is copied; what it points at is borrowed. */
struct kernel *kernel_new(const struct kernel_options *options);
/* Kills and waits for every task, then frees. */
void kernel_free(struct kernel *kernel);

/* Makes the first process and starts it. path, argv, envp: host strings, copied. fds and fs: counted, moved to the
 * process, also on failure. Returns 0 or -E as execve(2). Called once. */
int kernel_start_init(struct kernel *kernel, const char *path, char *const argv[], char *const envp[],
                      struct fd_table *fds, struct fs_context *fs);
/* Runs the first thread on the calling one until that guest thread has ended, if options.open is there. */
void kernel_run_first(struct kernel *kernel);
/* Whether the task runs there. */
bool kernel_runs_first(struct kernel *kernel, const struct task *task);
/* Makes that thread leave guest code and any sleep to take host signals. For a signal handler on the same thread. */
void kernel_notify_first(struct kernel *kernel);
/* Sends SIGKILL to every process; no new one starts. */
void kernel_kill_all(struct kernel *kernel);
/* Waits until the first process has exited, kills what is left, waits for it. Returns its status as wait(2)
 * encodes it. */
int kernel_wait(struct kernel *kernel);
/* Passes a host's signal (Linux number) on: what a terminal sends to the terminal's foreground process group, the rest
 * to the first process, or to its group. From any host thread, not from a host signal handler. */
void kernel_signal_from_host(struct kernel *kernel, int signo, enum host_signal_reach reach);
