/* SPDX-License-Identifier: ISC */
/* First touches in bulk: a page fault each costs several times as much, above all where the host is itself a virtual machine.
 * Only what a small run touches in any case; a host that does not know the advice faults it in as before. */
#include "host/first_touch.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE = 4096, HEAP_BYTES = 192 << 10, TRIM_BYTES = 8 << 20, MAP_BYTES = 4 << 20, STACK_BYTES = 28 << 10 };

static void populate(const char *from, const char *to) {
    const uintptr_t first = (uintptr_t)from & ~(uintptr_t)(PAGE - 1), last = ((uintptr_t)to + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    madvise((void *)first, last - first, MADV_POPULATE_WRITE);
}

void host_first_touch(void) {
    const char *stack = __builtin_frame_address(0);
    mallopt(M_TOP_PAD, HEAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_MMAP_THRESHOLD, MAP_BYTES); /* the library stops adapting these when one is set */
    char *volatile heap = malloc(HEAP_BYTES / 2), *volatile more = malloc(HEAP_BYTES / 2); /* it grows, by the pad as well */
    populate(heap, heap + HEAP_BYTES);
    populate(stack - STACK_BYTES, stack);
    free(more);
    free(heap);
}
