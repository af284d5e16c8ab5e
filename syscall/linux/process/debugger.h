/* SPDX-License-Identifier: ISC */
/* What a debugger of the whole machine hears of its tasks, and where it can hold them. Unlike a tracer (ptrace.h) it is outside: no
 * task can see it. Only on a serial machine: the caller is the carrier, so nothing of the machine moves until a call returns.
 * Calls come from the task's own fiber with no lock held; each may sleep or stop the machine. */
#pragma once

#include "syscall/linux/process/task.h"

enum debugger_event {
    DEBUGGER_FORK, DEBUGGER_VFORK, DEBUGGER_CLONE, /* value: the child's tid; it has not run yet */
    DEBUGGER_VFORK_DONE,                           /* the same child */
    DEBUGGER_EXEC,                                 /* value: the thread's tid before */
    DEBUGGER_THREAD_ENDS,                          /* it will run no more; value: its wait status */
    DEBUGGER_PROCESS_ENDED,                        /* memory and threads have gone; value: the wait status */
    DEBUGGER_CALL_ENTRY, DEBUGGER_CALL_EXIT,       /* of the system call task->syscall.number */
};

struct debugger {
    /* The task is about to run guest code. Returns how many instructions at most; 0: look again at what the task has to attend to. */
    int64_t (*before_run)(struct debugger *debugger, struct task *task);
    /* EXIT_BREAKPOINT. */
    void (*breakpoint)(struct debugger *debugger, struct task *task);
    /* A signal is about to be delivered. Returns the one to deliver, with *info, or 0. */
    int (*signal)(struct debugger *debugger, struct task *task, struct guest_siginfo *info);
    void (*event)(struct debugger *debugger, struct task *task, enum debugger_event event, int64_t value);
};

/* What the kernel's files call. */
static inline void debugger_event(struct task *task, enum debugger_event event, int64_t value) {
    struct debugger *debugger = task->kernel->options.debugger;
    if (__builtin_expect(debugger != NULL, 0)) debugger->event(debugger, task, event, value);
}
