/* SPDX-License-Identifier: ISC */
/* Fibers: a mapped stack with a page below it that faults, and the address where its registers are kept while it does not run. */
#include "host/fiber.h"
#include "host/posix/fiber.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK_SIZE = 512 * 1024, GUARD_SIZE = 64 * 1024 };

struct host_fiber {
    void *kept;      /* registers, while it does not run */
    char *stack;     /* owned, with its guard; NULL: the thread's own */
    const void *low; /* of the stack as the sanitizer wants it; NULL until the thread's own is known */
    size_t size;
    void *shadow;
    void (*fn)(void *arg);
    void *arg;
    struct host_fiber *came_from; /* set by whoever switches to it */
};

static void leaving(struct host_fiber *from, struct host_fiber *to) {
    to->came_from = from;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&from->shadow, to->low, to->size);
#endif
}

static void arrived(struct host_fiber *self) {
#ifdef __SANITIZE_ADDRESS__
    struct host_fiber *from = self->came_from;
    __sanitizer_finish_switch_fiber(self->shadow, &from->low, &from->size);
#endif
}

static void begin(void *arg) {
    struct host_fiber *self = arg;
    arrived(self);
    self->fn(self->arg);
    abort();
}

struct host_fiber *host_fiber_of_thread(void) {
    return calloc(1, sizeof(struct host_fiber));
}

struct host_fiber *host_fiber_new(void (*fn)(void *arg), void *arg) {
    struct host_fiber *fiber = calloc(1, sizeof *fiber);
    if (!fiber) return NULL;
    void *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE) != 0) {
        if (stack != MAP_FAILED) munmap(stack, GUARD_SIZE + STACK_SIZE);
        free(fiber);
        return NULL;
    }
    fiber->stack = stack;
    fiber->low = fiber->stack + GUARD_SIZE;
    host_fiber_renew(fiber, fn, arg);
    return fiber;
}

void host_fiber_renew(struct host_fiber *fiber, void (*fn)(void *arg), void *arg) {
    fiber->size = STACK_SIZE;
    fiber->shadow = NULL;
    fiber->fn = fn;
    fiber->arg = arg;
    fiber->kept = fiber_prepare(fiber->stack + GUARD_SIZE + STACK_SIZE, begin, fiber);
}

void host_fiber_switch(struct host_fiber *from, struct host_fiber *to) {
    leaving(from, to);
    fiber_switch(&from->kept, to->kept);
    arrived(from);
}

void host_fiber_free(struct host_fiber *fiber) {
    if (!fiber) return;
    if (fiber->stack) munmap(fiber->stack, GUARD_SIZE + STACK_SIZE);
    free(fiber);
}
