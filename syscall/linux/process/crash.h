/* SPDX-License-Identifier: ISC */
/* A process that dies of a signal whose default action is a core dump: all its threads stand still meanwhile, so that a core and an
 * explanation show one moment. Source: core(5), linux 6.1 fs/coredump. */
#pragma once

#include "syscall/linux/process/signal.h"

/* Ends the process: holds its other threads, dumps core if the limit allows it, lets the machine explain. Owner thread, no locks held. */
void crash_end(struct task *task, const struct guest_siginfo *info);
/* A thread on its way out waits until its process's crash is dumped. Owner thread, no locks held. */
void crash_park(struct task *task);
