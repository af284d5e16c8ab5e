/* SPDX-License-Identifier: ISC */
/* The rows of exceptions.def, and the three kinds whose code depends on more than the vector. */
#include "syscall/linux/process/exception.h"
#include "syscall/linux/process/signal.h"

#include "base/bits.h"

/* Bits of a floating-point status that stand for exceptions, in x87's and MXCSR's common order. */
enum { FP_INVALID = 1, FP_DENORMAL = 2, FP_DIVIDE = 4, FP_OVERFLOW = 8, FP_UNDERFLOW = 16, FP_PRECISION = 32 };

static void at_rip(const struct task *task, struct guest_siginfo *info) {
    info->fault.address = task->cpu->state.rip;
}

static void nowhere(const struct task *task, struct guest_siginfo *info) {
}

static void at_fault(const struct task *task, struct guest_siginfo *info) {
    const struct mem_fault *fault = &task->cpu->exception.fault;
    info->fault.address = fault->gva;
    if (fault->kind == MEM_FAULT_RIGHTS) info->code = SEGV_ACCERR;
    if (fault->kind == MEM_FAULT_BUS) {
        info->signo = SIGBUS;
        info->code = BUS_ADRERR;
    }
    if (fault->kind == MEM_FAULT_NONCANONICAL) {
        info->fault.address = 0;
        info->code = SI_KERNEL;
    }
}

static int fp_code(uint32_t unmasked) {
    if (unmasked & FP_INVALID) return FPE_FLTINV;
    if (unmasked & FP_DIVIDE) return FPE_FLTDIV;
    if (unmasked & FP_OVERFLOW) return FPE_FLTOVF;
    if (unmasked & (FP_DENORMAL | FP_UNDERFLOW)) return FPE_FLTUND;
    return FPE_FLTRES;
}

static void x87_error(const struct task *task, struct guest_siginfo *info) {
    const struct x87 *x87 = &task->cpu->state.x87;
    info->code = fp_code(x87->fsw & ~(uint32_t)x87->fcw & 0x3f);
    at_rip(task, info);
}

static void sse_error(const struct task *task, struct guest_siginfo *info) {
    const uint32_t mxcsr = task->cpu->state.mxcsr;
    info->code = fp_code(mxcsr & ~(mxcsr >> 7) & 0x3f);
    at_rip(task, info);
}

static const struct {
    uint8_t vector;
    int signo, code;
    void (*fill)(const struct task *task, struct guest_siginfo *info);
} rows[] = {
#define X(vector, signo, code, fill) {vector, signo, code, fill},
#include "syscall/linux/process/exceptions.def"
#undef X
};

void exception_raise(struct task *task) {
    const struct exception *exception = &task->cpu->exception;
    task->trap.number = exception->vector;
    task->trap.error_code = exception->error_code;
    if (exception->vector == EXCEPTION_PF) {
        task->trap.cr2 = exception->fault.gva;
        if (exception->fault.kind == MEM_FAULT_NO_MEMORY) {
            log_error(task->kernel->log, "no memory left for process %d (%s)", task->process->pid, task->comm);
            signal_group_exit(task->process, SIGKILL);
            return;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].vector != exception->vector) continue;
        struct guest_siginfo info = signal_info(rows[i].signo, rows[i].code);
        rows[i].fill(task, &info);
        signal_force(task, &info);
        return;
    }
    const struct guest_siginfo info = signal_info(SIGSEGV, SI_KERNEL);
    signal_force(task, &info);
}
