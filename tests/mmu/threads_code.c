/* SPDX-License-Identifier: ISC */
/* Cross-modifying code: whoever has seen a flag that was stored after code, and passes a safe point, has the new code;
 * by the same mapping, by an alias, and from another process. */
#include "tests/mmu/world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define AT 0x100000000ull
#define ALIAS 0x200000000ull
enum { RUNNERS = 2, TRANSLATIONS = 200 };

static struct world w;
static struct address_space *other;
static _Atomic bool done;
static _Atomic uint32_t published;
static _Atomic uint32_t n_translations;

struct block {
    struct code_page *page;
    uint32_t version, code;
};

static void translate(struct tlb *tlb, struct block *block) {
    struct mem_fault fault;
    block->page = tlb_code_page(tlb, AT, &block->version);
    if (!block->page) abort();
    if (tlb_fetch(tlb, AT, (uint8_t *)&block->code, 4, &fault) != 4) abort();
    if (block->version != CODE_UNSTABLE) atomic_fetch_add(&n_translations, 1);
}

static void *runner(void *arg) {
    struct tlb *tlb = world_tlb(w.space);
    struct block block = {0};
    while (!atomic_load(&done)) {
        tlb_enter(tlb);
        for (int i = 0; i < 100; i++) {
            const uint32_t known = atomic_load(&published);
            if ((tlb_safe_point(tlb) & KICK_CODE) && block.page) {
                if (atomic_load(&block.page->version) != block.version) block.page = NULL;
            }
            if (!block.page) translate(tlb, &block);
            if (block.code < known) {
                fprintf(stderr, "old code %u though %u was published\n", block.code, known);
                abort();
            }
            if (block.version == CODE_UNSTABLE) block.page = NULL; /* writes to it are not told: nothing is kept */
        }
        tlb_leave(tlb);
    }
    world_tlb_free(tlb);
    return NULL;
}

static void write_code(struct tlb *tlb, uint64_t gva, uint32_t value) {
    tlb_enter(tlb);
    tlb_safe_point(tlb);
    if (!inside_store(tlb, gva, value)) abort();
    atomic_store(&published, value);
    tlb_leave(tlb);
}

static void write_round(struct tlb *tlb_other, uint32_t round) {
    switch (round % 5) {
    case 0: write_code(w.tlb, AT, round); return;
    case 1: write_code(w.tlb, ALIAS, round); return;
    case 2: write_code(tlb_other, AT, round); return;
    case 3: if (space_store_u32(w.space, ALIAS, round)) abort(); break;
    default: if (space_store_u32(other, AT, round)) abort(); break;
    }
    atomic_store(&published, round);
}

int main(void) {
    pthread_t thread[RUNNERS];
    world_init(&w);
    space_map(w.space, AT, PAGE, RWX, SHARED_ANON | SPACE_FIXED, NULL, 0);
    if (space_remap(w.space, AT, 0, PAGE, 3, ALIAS) != (int64_t)ALIAS) abort();
    other = space_fork(w.space);
    struct tlb *tlb_other = world_tlb(other);
    for (int i = 0; i < RUNNERS; i++) pthread_create(&thread[i], NULL, runner, NULL);
    for (uint32_t round = 1; atomic_load(&n_translations) < TRANSLATIONS; round++) write_round(tlb_other, round);
    atomic_store(&done, true);
    for (int i = 0; i < RUNNERS; i++) pthread_join(thread[i], NULL);
    world_tlb_free(tlb_other);
    space_put(other);
    world_fini(&w);
    printf("ok, %u translations\n", atomic_load(&n_translations));
    return 0;
}
