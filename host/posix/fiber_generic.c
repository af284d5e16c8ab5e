/* SPDX-License-Identifier: ISC */
/* Switching stacks by ucontext(3), for processors without a switch of their own. */
#include "host/posix/fiber.h"

#include <stdint.h>
#include <ucontext.h>

/* The context of a fiber lies on its own stack. */
struct start {
    ucontext_t context;
    fiber_entry *entry;
    void *arg;
};

static void start_of(uint32_t high, uint32_t low) {
    const struct start *start = (const struct start *)(uintptr_t)((uint64_t)high << 32 | low);
    start->entry(start->arg);
}

void *fiber_prepare(char *top, fiber_entry *entry, void *arg) {
    enum { FIRST_STACK = 384 * 1024 };
    struct start *start = (struct start *)((uintptr_t)(top - sizeof *start) & ~(uintptr_t)63);
    const uint64_t at = (uintptr_t)start;
    getcontext(&start->context);
    start->entry = entry;
    start->arg = arg;
    start->context.uc_stack.ss_sp = (char *)start - FIRST_STACK;
    start->context.uc_stack.ss_size = FIRST_STACK;
    start->context.uc_link = NULL;
    makecontext(&start->context, (void (*)(void))start_of, 2, (uint32_t)(at >> 32), (uint32_t)at);
    return start;
}

void fiber_switch(void **from, void *to) {
    ucontext_t here;
    *from = &here;
    swapcontext(&here, to);
}
