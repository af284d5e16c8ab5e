/* SPDX-License-Identifier: ISC */
/* --strace: one line per system call on stderr, decoded by the row's argument kinds. */
#pragma once

#include <stdint.h>

struct syscall_row;
struct task;

/* Before the handler runs: prints calls that may never return (exec, exit). row may be NULL. */
void strace_enter(struct task *task, const struct syscall_row *row);
/* After the handler: the whole line with its result. */
void strace_exit(struct task *task, const struct syscall_row *row, int64_t result);
