/* SPDX-License-Identifier: ISC */
/* May one process look into another? The rule of ptrace(2), "Ptrace access mode checking". */
#pragma once

struct process;
struct task;

/* 0 or -EPERM. */
int access_process(struct task *task, struct process *target);
/* The process that a thread id belongs to, counted, if the caller may look into it. NULL and *err: -ESRCH, -EPERM. */
struct process *access_find(struct task *task, int tid, int *err);
