/* SPDX-License-Identifier: ISC */
/* LOCK and XCHG: between threads nothing is lost, on aligned operands and on operands split over two pages. */
#include "host/thread.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

enum { THREADS = 4, ROUNDS = 20000 };

static struct host_mutex split;

struct worker {
    struct guest *guest;
    struct cpu *cpu;
    _Atomic uint32_t *done;
};

static void work(void *arg) {
    struct worker *worker = arg;
    worker->cpu->budget = INT64_MAX;
    engine_interp.run(worker->cpu);
    atomic_fetch_add(worker->done, 1);
}

/* All CPUs run `code` with RBX = gva, RCX = ROUNDS, in one space. */
static uint64_t run_together(const void *code, size_t n, uint64_t gva) {
    struct guest g;
    struct worker worker[THREADS];
    _Atomic uint32_t done = 0;
    uint64_t sum = 0;
    guest_init(&g);
    host_mutex_init(&split);
    g.env.split_lock = &split;
    guest_code(&g, code, n);
    for (unsigned i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){&g, cpu_new(&g.env), &done};
        tlb_attach(&worker[i].cpu->tlb, g.space);
        worker[i].cpu->state.rip = CODE;
        worker[i].cpu->state.gpr[RBX] = gva;
        worker[i].cpu->state.gpr[RCX] = ROUNDS;
        worker[i].cpu->state.gpr[RDX] = 1;
        cr_assert_eq(host_thread_start(work, &worker[i]), 0);
    }
    while (atomic_load(&done) < THREADS) host_thread_yield();
    cr_assert_eq(space_peek(g.space, &sum, gva, 8), 0);
    for (unsigned i = 0; i < THREADS; i++) cpu_free(worker[i].cpu);
    guest_fini(&g);
    return sum;
}

/* 1: lock add [rbx], rdx; dec ecx; jnz 1b; ud2 */
static const uint8_t lock_add[] = {0xf0, 0x48, 0x01, 0x13, 0xff, 0xc9, 0x75, 0xf8, 0x0f, 0x0b};
/* 1: mov rax, [rbx]; 2: lea rsi, [rax+1]; lock cmpxchg [rbx], rsi; jne 2b; dec ecx; jnz 1b; ud2 */
static const uint8_t lock_cmpxchg[] = {0x48, 0x8b, 0x03, 0x48, 0x8d, 0x70, 0x01, 0xf0, 0x48, 0x0f, 0xb1,
                                       0x33, 0x75, 0xf5, 0xff, 0xc9, 0x75, 0xee, 0x0f, 0x0b};

Test(locked, aligned) {
    cr_assert_eq(run_together(lock_add, sizeof lock_add, DATA + 64), THREADS * ROUNDS);
    cr_assert_eq(run_together(lock_cmpxchg, sizeof lock_cmpxchg, DATA + 64), THREADS * ROUNDS);
}

Test(locked, across_pages) {
    cr_assert_eq(run_together(lock_add, sizeof lock_add, DATA + 0xffd), THREADS * ROUNDS);
}

Test(locked, cmpxchg16b) {
    struct guest g;
    guest_init(&g);
    const uint64_t old[2] = {1, 2};
    cr_assert_eq(space_poke(g.space, DATA, old, 16), 0);
    REG(&g, RSI) = DATA;
    REG(&g, RAX) = 1;
    REG(&g, RDX) = 2;
    REG(&g, RBX) = 3;
    REG(&g, RCX) = 4;
    GUEST_RUN(&g, 0xf0, 0x48, 0x0f, 0xc7, 0x0e);
    cr_assert(flag_zf(&g.cpu->state));
    GUEST_RUN(&g, 0xf0, 0x48, 0x0f, 0xc7, 0x0e);
    cr_assert_not(flag_zf(&g.cpu->state));
    cr_assert_eq(REG(&g, RAX), 3);
    cr_assert_eq(REG(&g, RDX), 4);
    guest_fini(&g);
}
