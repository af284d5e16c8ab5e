/* SPDX-License-Identifier: ISC */
/* membarrier(2): a full fence on every running thread of some processes. */
#pragma once

#include "syscall/linux/process/task.h"

/* Waits until every thread of the process (NULL: of the machine) has passed a fence since the call. Returns 0. */
int membarrier_fence(struct task *task, struct process *process);
/* Called by a thread with ATTENTION_FENCE on its way to guest code. */
void membarrier_pass(struct task *task);
