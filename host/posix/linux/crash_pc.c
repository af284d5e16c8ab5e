/* SPDX-License-Identifier: ISC */
/* Reads the program counter out of Linux's ucontext, which every CPU lays out in its own way. */
#include "host/posix/crash_pc.h"

#include <ucontext.h>

extern const char __ehdr_start; /* the linker's name for the start of our image */

static uint64_t pc_of(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#elif defined(__riscv)
    return context->uc_mcontext.__gregs[REG_PC];
#else
#error "add the program counter of this CPU"
#endif
}

uint64_t host_crash_pc(const void *context) {
    return pc_of(context) - (uint64_t)(uintptr_t)&__ehdr_start;
}
