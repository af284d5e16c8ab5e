/* SPDX-License-Identifier: ISC */
/* Between sys_ptrace.c and sys_ptrace_registers.c: a request, and the handlers of the latter. */
#pragma once

#include "syscall/linux/process/task.h"

struct ptrace_call {
    struct task *tracer;    /* the caller */
    struct task *tracee;    /* counted; frozen for most requests */
    uint64_t address, data;
};

int64_t peek_user(const struct ptrace_call *call);
int64_t poke_user(const struct ptrace_call *call);
int64_t get_regs(const struct ptrace_call *call);
int64_t set_regs(const struct ptrace_call *call);
int64_t get_fpregs(const struct ptrace_call *call);
int64_t set_fpregs(const struct ptrace_call *call);
int64_t get_regset(const struct ptrace_call *call);
int64_t set_regset(const struct ptrace_call *call);
