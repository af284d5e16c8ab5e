/* SPDX-License-Identifier: ISC */
/* What a thread knows of who traces it and whom it traces: the part of struct task that belongs to ptrace*.c. */
#pragma once

#include "base/list.h"
#include "syscall/linux/abi/siginfo.h"

#include <stdbool.h>
#include <stdint.h>

struct task;

struct task_trace {
    /* changed under kernel->tasks_lock and process->signal_lock, read under either */
    struct task *_Atomic tracer; /* atomic: the owner looks without a lock; borrowed: it lets go before it ends; NULL: not traced */
    bool seized;           /* by PTRACE_SEIZE, or a child of one that was */

    /* guarded by kernel->tasks_lock */
    struct list tracees;   /* of this thread: struct task.trace.node; each counted by the list */
    struct list node;      /* in tracer's tracees */
    bool has_exited;       /* kept for its tracer only, which has not waited for it */

    /* guarded by process->signal_lock */
    uint32_t options;      /* PTRACE_O_* */
    bool is_stopped;       /* sleeps in a stop until its tracer resumes it, or it must die */
    bool is_listening;     /* in a stop that is none for the tracer (PTRACE_LISTEN) */
    bool is_frozen;        /* the tracer is at work on it: it does not leave the stop, not even to die */
    bool has_news;         /* PTRACE_EVENT_STOP is due also after another stop (SIGCONT) */
    bool has_info;         /* info says why it has stopped */
    bool is_reported;      /* wait has told of this stop */
    int code;              /* of the stop, as wait shows it: signal, or signal | event << 8 */
    int signo;             /* that the tracer resumed it with */

    /* the owner's; the tracer's while it is frozen */
    bool traces_calls;     /* PTRACE_SYSCALL */
    bool steps;            /* PTRACE_SINGLESTEP */
    bool has_forced_tf;    /* TF is on for the step, not by the program's own doing */
    uint64_t message;      /* PTRACE_GETEVENTMSG */
    struct guest_siginfo info;
    uint64_t debug_address[4]; /* DR0-DR3 as stored; none can be enabled */
};
