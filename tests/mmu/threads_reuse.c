/* SPDX-License-Identifier: ISC */
/* A page that is unmapped and mapped again is never seen with its old bytes by someone who already knows of the new
 * ones, and memory that is gone is not reused while a running thread may still look at it. */
#include "tests/mmu/world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define AT 0x100000000ull
enum { READERS = 3, ROUNDS = 4000, READS = 5000 };

static struct world w;
static _Atomic uint32_t published;
static _Atomic bool done;
static _Atomic uint32_t n_reads;

/* One "block": both loads without a safe point between them. */
static void read_once(struct tlb *tlb) {
    uint32_t value;
    tlb_safe_point(tlb);
    const uint32_t known = atomic_load(&published);
    if (!inside_load(tlb, AT, &value) || value == 0) return;
    if (value < known) {
        fprintf(stderr, "read %u though %u was published\n", value, known);
        abort();
    }
    atomic_fetch_add(&n_reads, 1);
}

static void *reader(void *arg) {
    struct tlb *tlb = world_tlb(w.space);
    while (!atomic_load(&done)) {
        tlb_enter(tlb);
        for (int i = 0; i < 100; i++) read_once(tlb);
        tlb_leave(tlb);
    }
    world_tlb_free(tlb);
    return NULL;
}

static void change(uint32_t round) {
    switch (round % 3) {
    case 0: map_pages(w.space, AT, 1, RW); break;
    case 1: space_advise(w.space, AT, PAGE, 4); break;
    default:
        space_unmap(w.space, AT, PAGE);
        map_pages(w.space, AT, 1, RW);
    }
}

int main(void) {
    pthread_t thread[READERS];
    world_init(&w);
    map_pages(w.space, AT, 1, RW);
    for (int i = 0; i < READERS; i++) pthread_create(&thread[i], NULL, reader, NULL);
    for (uint32_t round = 1; round <= ROUNDS || atomic_load(&n_reads) < READS; round++) {
        change(round);
        tlb_enter(w.tlb);
        if (!inside_store(w.tlb, AT, round)) abort();
        atomic_store(&published, round);
        tlb_leave(w.tlb);
    }
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++) pthread_join(thread[i], NULL);
    world_fini(&w);
    if (!atomic_load(&n_reads)) abort();
    printf("ok, %u reads\n", atomic_load(&n_reads));
    return 0;
}
