/* SPDX-License-Identifier: ISC */
/* Host signals that hit guest code running on this thread, and copies that survive a fault. A fault is offered to the
 * thread's claimer first; what nobody claims is a fault of our own (host/crash.h). Handlers run on an alternate stack,
 * because the stack pointer may be the guest's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The interrupted machine state, inside a handler. */
struct host_context;

enum host_fault_kind {
    HOST_FAULT_MEMORY,     /* address: what was accessed, 0 when the host does not say (non-canonical) */
    HOST_FAULT_BUS,        /* past the end of a file, or misaligned */
    HOST_FAULT_ARITHMETIC,
    HOST_FAULT_ILLEGAL,
    HOST_FAULT_TRAP,       /* after one instruction with host_context_set_trap */
    HOST_FAULT_KICK,       /* host_kick_send */
};

/* x86-64 numbers the registers as instructions encode them: RAX 0 .. R15 15. */
uint64_t host_context_pc(const struct host_context *context);
void host_context_set_pc(struct host_context *context, uint64_t pc);
uint64_t host_context_gpr(const struct host_context *context, unsigned reg);
void host_context_set_gpr(struct host_context *context, unsigned reg, uint64_t value);
/* One HOST_FAULT_TRAP after the next instruction. */
void host_context_set_trap(struct host_context *context, bool on);

/* Returns true when it has dealt with the fault: execution goes on with the context as it is then. Async-signal-safe. */
typedef bool host_fault_fn(void *arg, struct host_context *context, enum host_fault_kind kind, uint64_t address);

/* Once per process: installs the handlers. Call it after host_crash_init and host_bus_guard_init; what no claimer takes goes to
 * them. */
void host_fault_init(void);
/* The calling thread's claimer, and its alternate stack; NULL takes both away (before the thread ends). Returns 0 or
 * -ENOMEM. */
int host_fault_claim(host_fault_fn *fn, void *arg);

/* Copies n bytes, or up to the first byte that faults. Returns the bytes copied. Not async-signal-safe; any thread, with or
 * without a claimer. */
size_t host_guard_copy(void *to, const void *from, size_t n);
/* A word access that may fault: false then. */
bool host_guard_load_u32(const void *from, uint32_t *out);
bool host_guard_store_u32(void *to, uint32_t value);
/* *expected is updated to the value found; *swapped says whether it was stored. Sequentially consistent. */
bool host_guard_cmpxchg_u32(void *at, uint32_t *expected, uint32_t desired, bool *swapped);
