/* SPDX-License-Identifier: ISC */
/* The alternate signal stack of a thread. Source: sigaltstack(2). */
#pragma once

#include "syscall/linux/abi/signal.h"
#include "syscall/linux/process/task.h"

/* True when rsp is on the stack (never for one with SS_AUTODISARM, which is off while its handler runs). */
bool altstack_holds(const struct task_altstack *stack, uint64_t rsp);
/* Returns 0, -EPERM (rsp is on it), -EINVAL (flags), -ENOMEM (too small). */
int altstack_set(struct task *task, const struct guest_stack *stack, uint64_t rsp);
/* As the guest reads it back: SS_ONSTACK or SS_DISABLE in flags. */
struct guest_stack altstack_get(const struct task *task, uint64_t rsp);
