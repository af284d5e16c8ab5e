/* SPDX-License-Identifier: ISC */
/* --strace: one line per system call, decoded by the kinds of its row; --strace-count: a table at the end. A machine that is not
 * traced has no struct strace, and a call costs one comparison then. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_siginfo;
struct strace;
struct syscall_row;
struct task;

struct strace_options {
    bool lines;           /* print calls */
    bool count;           /* print a table of calls, errors and CPU time at the end */
    const char *file;     /* where to; NULL: stderr */
    const char *filter;   /* "open,%file,!futex"; NULL: everything */
    bool clock, relative, duration; /* times to show: of day, since the last line, spent in the call */
};

/* Returns NULL with the reason in `reason` (a clause). The strings are only used during the call. */
struct strace *strace_new(const struct strace_options *options, char *reason, size_t size);
/* Prints the table if there is to be one. */
void strace_free(struct strace *strace);

/* What strace_exit must know of the call's start; on dispatch's stack. */
struct strace_call {
    bool wanted;
    int64_t start_ns, cpu_ns;
};

/* Before the handler runs. row may be NULL. */
void strace_enter(struct task *task, const struct syscall_row *row, struct strace_call *call);
/* After it: the line with its result. */
void strace_exit(struct task *task, const struct syscall_row *row, const struct strace_call *call, int64_t result);
/* A handler for the signal is about to run. */
void strace_signal(struct task *task, const struct guest_siginfo *info);
/* The thread has ended; its exit_code says how. */
void strace_end(struct task *task);
