/* SPDX-License-Identifier: ISC */
/* The handlers that table.def names. Each gets the calling task (it is the owner thread) and the six argument
 * registers rdi, rsi, rdx, r10, r8, r9, and returns a result or -E; only dispatch.c writes rax. */
#pragma once

#include <stdint.h>

struct task;

#define S(number, name, handler, class, result, args, man) int64_t handler(struct task *task, const uint64_t arg[6]);
#include "syscall/linux/table.def"
#undef S
