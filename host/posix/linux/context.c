/* SPDX-License-Identifier: ISC */
/* Linux's ucontext by register number. Hosts without translated code have nobody who asks for more than the program counter. */
#include "host/posix/context.h"

#include <ucontext.h>

struct host_context {
    ucontext_t native;
};

struct host_context *host_context_of(void *context) {
    return context;
}

#if defined(__x86_64__)
enum { TRAP_FLAG = 0x100 };

static const int slot[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                             REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

uint64_t host_context_pc(const struct host_context *context) {
    return (uint64_t)context->native.uc_mcontext.gregs[REG_RIP];
}

void host_context_set_pc(struct host_context *context, uint64_t pc) {
    context->native.uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}

uint64_t host_context_gpr(const struct host_context *context, unsigned reg) {
    return (uint64_t)context->native.uc_mcontext.gregs[slot[reg]];
}

void host_context_set_gpr(struct host_context *context, unsigned reg, uint64_t value) {
    context->native.uc_mcontext.gregs[slot[reg]] = (greg_t)value;
}

void host_context_set_trap(struct host_context *context, bool on) {
    greg_t *flags = &context->native.uc_mcontext.gregs[REG_EFL];
    *flags = on ? *flags | TRAP_FLAG : *flags & ~(greg_t)TRAP_FLAG;
}
#else
uint64_t host_context_pc(const struct host_context *context) {
#if defined(__aarch64__)
    return context->native.uc_mcontext.pc;
#else
    return (uint64_t)context->native.uc_mcontext.__gregs[REG_PC];
#endif
}
#endif
