/* SPDX-License-Identifier: ISC */
/* What the signal_*.c files share among themselves. All functions want process->signal_lock held. */
#pragma once

#include "syscall/linux/process/signal.h"

/* Returns 0 (also when a standard signal was pending already) or -EAGAIN without memory. */
int signal_queue_add_locked(struct signal_queue *queue, const struct guest_siginfo *info);
void signal_queue_add_timer_locked(struct signal_queue *queue, struct signal_entry *entry);
void signal_queue_remove_timer_locked(struct signal_queue *queue, struct signal_entry *entry);
