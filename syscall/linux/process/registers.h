/* SPDX-License-Identifier: ISC */
/* A thread's registers as tracers and core dumps see them. The thread is the caller, is frozen by it, or has ended. */
#pragma once

#include "syscall/linux/abi/ptrace.h"
#include "syscall/linux/process/task.h"

#include "cpu/xsave.h"

void registers_get(const struct task *task, struct guest_user_regs *out);
/* All of them, or one (index: 64-bit words of struct guest_user_regs). Return 0 or -EIO for a value that no thread may have;
 * registers before it are set. */
int registers_set(struct task *task, const struct guest_user_regs *regs);
int registers_set_one(struct task *task, unsigned index, uint64_t value);

/* The 512 bytes of FXSAVE; the XSAVE image, which names the components that the machine has where Linux puts them. */
void registers_get_fp(const struct task *task, uint8_t image[FXSAVE_SIZE]);
int registers_set_fp(struct task *task, const uint8_t image[FXSAVE_SIZE]);
void registers_get_xstate(const struct task *task, uint8_t image[XSAVE_SIZE]);
int registers_set_xstate(struct task *task, const uint8_t image[XSAVE_SIZE]);
