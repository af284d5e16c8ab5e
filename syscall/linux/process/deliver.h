/* SPDX-License-Identifier: ISC */
/* Taking signals: what default actions do, and which handler is to run. Owner thread, no locks held. */
#pragma once

#include "syscall/linux/process/signal.h"

struct delivery {
    int signo;
    struct guest_siginfo info;
    struct guest_sigaction action;
};

/* Acts on pending signals until one has a handler: then true, with *out filled and SA_RESETHAND done. False when
 * nothing is left, or task->exiting was set. Stops sleep in here. */
bool deliver_next(struct task *task, struct delivery *out);
/* The default action of a signal that ends processes. */
void deliver_end(struct task *task, const struct guest_siginfo *info);
/* Ends the thread if it must: sets task->exiting and its code. */
void deliver_exit(struct task *task);
