/* SPDX-License-Identifier: ISC */
/* Between ptrace*.c and their neighbours of process/ only. */
#pragma once

#include "syscall/linux/abi/wait.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/signal_internal.h"

/* Is the thread in a stop that its tracer may work on? Wants signal_lock. */
bool ptrace_may_freeze_locked(const struct task *tracee);
/* SIGCHLD to the tracer's process, and wake its waits. code: CLD_*. Wants tasks_lock and no signal_lock. */
void ptrace_tell_tracer_locked(struct task *tracee, int code, int status);
/* The tracer is through with it, or gone. Wants tasks_lock. */
void ptrace_release_locked(struct task *tracee);

/* What siginfo says of a status. */
struct ptrace_ending {
    int code, status;
};
static inline struct ptrace_ending ptrace_ending_of(int status) {
    if ((status & 0x7f) == 0) return (struct ptrace_ending){CLD_EXITED, status >> 8 & 0xff};
    return (struct ptrace_ending){status & WAIT_CORE_FLAG ? CLD_DUMPED : CLD_KILLED, status & 0x7f};
}
