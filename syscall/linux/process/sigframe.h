/* SPDX-License-Identifier: ISC */
/* The frame that a handler runs on, and its way back. Owner thread, no locks held. Source: sigreturn(2), linux 6.1. */
#pragma once

#include "syscall/linux/process/deliver.h"

/* Writes the frame and points the CPU at the handler. saved_mask: what rt_sigreturn restores.
 * Returns 0, or -EFAULT with the CPU unchanged. */
int sigframe_push(struct task *task, const struct delivery *delivery, sigset_bits saved_mask);
/* rt_sigreturn: restores everything from the frame at rsp. Returns 0, or -EFAULT: the caller forces SIGSEGV. */
int sigframe_pop(struct task *task);
