/* SPDX-License-Identifier: ISC */
/* fork while threads write: no store of the parent is lost, the child's memory stands still, and a reader who knows
 * of a store sees it although its page was copied for it. */
#include "tests/mmu/world.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define AT 0x100000000ull
enum { WRITERS = 3, FORKS = 400 };

static struct world w;
static _Atomic bool done;
static _Atomic uint32_t published[WRITERS];

static void check(bool ok, const char *what, uint32_t a, uint32_t b) {
    if (ok) return;
    fprintf(stderr, "%s: %u, %u\n", what, a, b);
    abort();
}

/* All words lie in one page, so that one thread's copy meets the other's stores. */
static uint64_t word_of(unsigned i) {
    return AT + i * 64;
}

/* A block, sometimes interrupted in the middle: reads another's word, then adds one to the own. */
static void run_block(struct tlb *tlb, unsigned self, uint32_t *count) {
    uint32_t value = 0;
    tlb_safe_point(tlb);
    if (*count % 8 == self) sched_yield();
    const unsigned other = (self + 1) % WRITERS;
    const uint32_t known = atomic_load(&published[other]);
    check(inside_load(tlb, word_of(other), &value) && value >= known, "an old page was read", value, known);
    if (*count % 8 == self + 3) sched_yield();
    check(inside_load(tlb, word_of(self), &value) && value == *count, "a store was lost", value, *count);
    check(inside_store(tlb, word_of(self), ++*count), "no store", 0, 0);
    atomic_store(&published[self], *count);
}

static void *writer(void *arg) {
    const unsigned self = (unsigned)(uintptr_t)arg;
    struct tlb *tlb = world_tlb(w.space);
    uint32_t count = 0;
    while (!atomic_load(&done)) {
        tlb_enter(tlb);
        for (int i = 0; i < 50; i++) run_block(tlb, self, &count);
        tlb_leave(tlb);
    }
    world_tlb_free(tlb);
    return NULL;
}

/* Only reads, so that nothing but others' copies changes what its TLB should hold. */
static void *reader(void *arg) {
    struct tlb *tlb = world_tlb(w.space);
    for (unsigned i = 0; !atomic_load(&done); i = (i + 1) % WRITERS) {
        uint32_t value = 0;
        tlb_enter(tlb);
        check(inside_load(tlb, word_of(i), &value), "no load", 0, 0);
        sched_yield();
        const uint32_t known = atomic_load(&published[i]);
        check(inside_load(tlb, word_of(i), &value) && value >= known, "an old page was read", value, known);
        tlb_leave(tlb);
    }
    world_tlb_free(tlb);
    return NULL;
}

static void fork_once(void) {
    uint32_t known[WRITERS], first, again;
    for (int i = 0; i < WRITERS; i++) known[i] = atomic_load(&published[i]);
    struct address_space *child = space_fork(w.space);
    for (unsigned i = 0; i < WRITERS; i++) {
        space_load_u32(child, word_of(i), &first);
        check(first >= known[i], "the child lacks a store from before the fork", first, known[i]);
        for (int n = 0; n < 200; n++) {
            if (n % 50 == 0) sched_yield();
            space_load_u32(child, word_of(i), &again);
            check(first == again, "the child's memory changed", first, again);
        }
        space_store_u32(child, word_of(i), 0);
    }
    space_put(child);
}

int main(void) {
    pthread_t thread[WRITERS], reading;
    world_init(&w);
    map_pages(w.space, AT, 1, RW);
    for (int i = 0; i < WRITERS; i++) pthread_create(&thread[i], NULL, writer, (void *)(uintptr_t)i);
    pthread_create(&reading, NULL, reader, NULL);
    for (int i = 0; i < FORKS; i++) fork_once();
    atomic_store(&done, true);
    for (int i = 0; i < WRITERS; i++) pthread_join(thread[i], NULL);
    pthread_join(reading, NULL);
    world_fini(&w);
    printf("ok, %u stores\n", atomic_load(&published[0]));
    return 0;
}
