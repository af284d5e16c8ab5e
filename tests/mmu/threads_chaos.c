/* SPDX-License-Identifier: ISC */
/* Threads do everything at once to one space. Nothing is promised about the bytes, but nothing may break: for the
 * sanitizers, and for deadlocks. */
#include "tests/mmu/world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT 0x100000000ull
enum { THREADS = 4, STEPS = 6000, PAGES = 64 };

static struct world w;
static struct mem_object *file;

static uint64_t pick(uint64_t *state, uint64_t n) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (*state >> 11) % n;
}

static void fork_and_touch(uint64_t gva) {
    struct address_space *child = space_fork(w.space);
    char bytes[64];
    space_copy_in_partial(child, bytes, gva, sizeof bytes);
    space_copy_out_partial(child, gva, bytes, sizeof bytes);
    space_put(child);
}

static void run_guest(struct tlb *tlb, uint64_t *state) {
    uint32_t value;
    uint8_t code[16];
    struct mem_fault fault;
    tlb_enter(tlb);
    for (int i = 0; i < 20; i++) {
        const uint64_t gva = AT + pick(state, PAGES) * PAGE;
        tlb_safe_point(tlb);
        inside_load(tlb, gva, &value);
        inside_store(tlb, gva + 8, (uint32_t)i);
        if (i % 8 == 0 && tlb_code_page(tlb, gva, &value)) tlb_fetch(tlb, gva, code, sizeof code, &fault);
    }
    tlb_leave(tlb);
}

static void step(struct tlb *tlb, uint64_t *state) {
    static const int prots[] = {0, SPACE_READ, RW, RX, RWX, RW};
    const uint64_t gva = AT + pick(state, PAGES) * PAGE, size = (1 + pick(state, 8)) * PAGE;
    const int prot = prots[pick(state, 6)];
    char bytes[600] = {0};
    switch (pick(state, 14)) {
    case 0: space_map(w.space, gva, size, prot, ANON | SPACE_FIXED, NULL, 0); break;
    case 1: space_map(w.space, gva, size, prot, SHARED_ANON | SPACE_FIXED, NULL, 0); break;
    case 2: space_map(w.space, gva, size, prot, SPACE_SHARED | SPACE_FIXED, file, 0); break;
    case 3: space_map(w.space, gva, size, prot, SPACE_PRIVATE | SPACE_FIXED, file, PAGE); break;
    case 4: space_unmap(w.space, gva, size); break;
    case 5: space_protect(w.space, gva, size, prot); break;
    case 6: space_remap(w.space, gva, size, size, 3, AT + pick(state, PAGES) * PAGE); break;
    case 7: space_advise(w.space, gva, size, 4); break;
    case 8: space_advise(w.space, gva, size, 9); break;
    case 9: fork_and_touch(gva); break;
    case 10: space_copy_out_partial(w.space, gva + PAGE - 300, bytes, sizeof bytes); break;
    case 11: mem_file_truncated(w.pool, 7, 7, pick(state, 8) * PAGE); break;
    default: run_guest(tlb, state); break;
    }
}

static void *worker(void *arg) {
    uint64_t state = 88172645463325252ull + (uint64_t)(uintptr_t)arg * 7919;
    struct tlb *tlb = world_tlb(w.space);
    for (int i = 0; i < STEPS; i++) step(tlb, &state);
    world_tlb_free(tlb);
    return NULL;
}

int main(void) {
    pthread_t thread[THREADS];
    world_init(&w);
    const int fd = file_of_pages(16 * PAGE);
    file = mem_object_new_file(fd, true, "/chaos", 7, 7);
    for (int i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, worker, (void *)(uintptr_t)i);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    space_unmap(w.space, 0, SPACE_END);
    mem_object_put(file);
    close(fd);
    world_fini(&w);
    puts("ok");
    return 0;
}
