/* SPDX-License-Identifier: ISC */
/* A process: what all threads of a thread group share. Counted: its threads, its place in the tree and whoever
 * looks at it (procfs, pidfd) hold one each. It stays in the tree as a zombie until its parent has waited. */
#pragma once

#include "base/list.h"
#include "host/thread.h"
#include "sched/sched.h"
#include "syscall/linux/abi/siginfo.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct address_space;
struct kernel;
struct mem_object;
struct posix_timer;
struct signal_actions;
struct task;
struct tty;

/* Signals waiting to be taken, by one thread or by a process. Guarded by process->signal_lock. */
struct signal_queue {
    sigset_bits set;      /* signals with at least one entry */
    struct list entries;  /* struct signal_entry.node, oldest first */
    int n_entries;
};

enum limit_number {
    RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE,
    RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO,
    RLIMIT_RTTIME, RLIMIT_COUNT,
};
#define RLIM_INFINITY UINT64_MAX

struct limit {
    uint64_t soft, hard;
};

/* Calls that read or wrote, and their bytes, as /proc/PID/io counts them. */
struct process_io {
    uint64_t read_bytes, written_bytes, reads, writes;
};

/* CPU time and counts that rusage reports. */
struct process_usage {
    struct process_io io;
    int64_t cpu_ns, system_ns; /* all of it, and what of that went to the kernel */
    uint64_t max_resident; /* bytes */
    uint64_t minor_faults, major_faults, voluntary_switches, involuntary_switches;
};

enum process_state { PROCESS_RUNNING, PROCESS_ZOMBIE, PROCESS_REAPED };

struct process {
    /* immutable after start */
    struct kernel *kernel;
    int pid;
    int64_t start_ns;                /* scheduler_monotonic_ns() */

    _Atomic int refs;                /* atomic: counted by process_get, process_put */

    /* changed by exec while one thread is left, under lock; own threads read freely, others under lock */
    struct address_space *space;     /* counted */
    struct signal_actions *actions;  /* counted; shared by CLONE_SIGHAND */

    /* guarded by kernel->tasks_lock */
    struct process *parent;          /* NULL: the machine (pid 1). Valid while this process is in the tree */
    struct list children;            /* struct process.sibling */
    struct list sibling;
    struct list pid_node;            /* kernel->processes_by_pid */
    struct task *leader;             /* borrowed; NULL once it has exited, though its tid stays taken */
    struct task *traced_leader;      /* borrowed: the leader while somebody traces it, also when it has exited */
    enum process_state state;
    int pgid, sid;
    struct tty *tty;                 /* counted: its controlling terminal; NULL */
    int exit_status;                 /* wait(2) encoding, valid for a zombie */
    int exit_signal;                 /* to the parent; 0 none */
    uint32_t exit_uid;               /* real uid of the last thread that left */
    struct task *parent_task;        /* borrowed: the thread that made it, for __WNOTHREAD and PDEATHSIG; may be NULL */
    bool subreaper;                  /* PR_SET_CHILD_SUBREAPER */
    bool has_execed;
    int death_signal;                /* PR_SET_PDEATHSIG */
    struct process_usage own;        /* of threads that have exited */
    struct process_usage waited_for; /* of children waited for */

    struct host_mutex signal_lock;
    /* changed under tasks_lock and signal_lock, read under either */
    struct list threads;             /* struct task.thread_node; empty for a zombie */
    int n_threads;
    /* guarded by signal_lock */
    struct signal_queue pending;     /* for any thread */
    bool stopping;                   /* all threads stop until SIGCONT or SIGKILL */
    int n_stopped;
    int stop_signal;                 /* of the report: 0 once wait4 has taken it */
    int stop_cause;                  /* the signal that the stop began with */
    bool stop_report, continue_report; /* news that wait4 has not taken yet */
    bool continue_notify;            /* the first thread to go on must tell the parent */
    bool group_exit;                 /* every thread must exit with group_status */
    int group_status;
    bool killed;                     /* by SIGKILL, perhaps while it was about to exit: no stop holds it */
    struct task *dumper;             /* a thread that dumps core while the others are parked; NULL */
    int n_parked;                    /* of the others: how many are */
    struct task *exec_task;          /* a thread that waits in exec for the others to go; NULL */

    _Atomic bool dying;              /* atomic: mirrors group_exit for checks without the lock */

    struct host_mutex lock;
    /* guarded by lock */
    struct limit limits[RLIMIT_COUNT];
    char *exe_path;                  /* owned; what /proc/PID/exe shows */
    uint64_t arg_start, arg_end, env_start, env_end; /* /proc/PID/cmdline, environ */
    uint8_t *auxv;                   /* owned; /proc/PID/auxv */
    uint64_t auxv_size;
    int dumpable;
    int nice;
    uint32_t personality;
    int oom_score_adj;
    struct list timers;              /* struct posix_timer.node */
    int next_timer_id;
    struct itimers *itimers;         /* owned; NULL until first set */
    bool itimers_ended;              /* no more are made */
    uint32_t membarrier_registered;  /* bits of the commands registered */

    /* own lock */
    struct wait_queue child_wait;    /* wait4 of this process sleeps here */
    struct wait_queue exit_wait;     /* woken when this process becomes a zombie (pidfd) */
    struct wait_queue signal_wait;   /* woken at every new pending signal (signalfd, sigtimedwait) */
};

/* Returns NULL without memory. pid, space, actions and the place in the tree are the caller's to fill. */
struct process *process_new(struct kernel *kernel);
struct process *process_get(struct process *process);
void process_put(struct process *process);

/* The process with that pid (zombies too), counted; NULL when there is none. Locks: takes tasks_lock. */
struct process *process_find(struct kernel *kernel, int pid);
/* Calls cb for every process in pid order, each held while cb runs, no lock held. cb returns non-zero to stop. */
int process_for_each(struct kernel *kernel, int (*cb)(struct process *process, void *arg), void *arg);

/* What /proc shows of the program, copied for a forked child. The caller holds from->lock; `to` is not shared yet. */
void process_copy_image_locked(struct process *to, const struct process *from);

/* Soft limit of a resource. */
uint64_t process_limit(struct process *process, enum limit_number which);
/* Parent's pid as the guest sees it. */
int process_parent_pid(struct process *process);
