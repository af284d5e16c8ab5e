/* SPDX-License-Identifier: ISC */
/* Repeated string instructions count as one and can be stopped in the middle: by a fault, by a kick. */
#include "host/thread.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(rep_restart, .init = setup, .fini = teardown);

static uint8_t data_at(uint64_t gva) {
    uint8_t v = 0;
    cr_assert_eq(space_peek(g.space, &v, gva, 1), 0);
    return v;
}

static void run_to_end(const char *code, size_t n) {
    uint8_t bytes[16];
    memcpy(bytes, code, n);
    memcpy(bytes + n, "\x0f\x0b", 2);
    guest_code(&g, bytes, n + 2);
    g.cpu->retired = 0;
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
}

Test(rep_restart, fault_in_the_middle) {
    REG(&g, RDI) = DATA + DATA_SIZE - 100;
    REG(&g, RCX) = 150;
    REG(&g, RAX) = 0x5a;
    run_to_end("\xf3\xaa", 2); /* rep stosb */
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->exception.fault.gva, DATA + DATA_SIZE);
    cr_assert_eq(g.cpu->state.rip, CODE);
    cr_assert_eq(g.cpu->retired, 0);
    cr_assert_eq(REG(&g, RCX), 50);
    cr_assert_eq(REG(&g, RDI), DATA + DATA_SIZE);
    cr_assert_eq(data_at(DATA + DATA_SIZE - 1), 0x5a);
    /* with memory there, it goes on and counts once */
    space_map(g.space, DATA + DATA_SIZE, 0x1000, 3, SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED, NULL, 0);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_UD);
    cr_assert_eq(g.cpu->retired, 1);
    cr_assert_eq(data_at(DATA + DATA_SIZE + 49), 0x5a);
    cr_assert_eq(data_at(DATA + DATA_SIZE + 50), 0);
}

Test(rep_restart, overlapping_move_repeats_the_pattern) {
    const uint8_t seed[] = {1, 2, 3, 4};
    cr_assert_eq(space_poke(g.space, DATA + 0xff0, seed, 4), 0);
    REG(&g, RSI) = DATA + 0xff0;
    REG(&g, RDI) = DATA + 0xff4;
    REG(&g, RCX) = 40; /* over the page border */
    run_to_end("\xf3\xa4", 2);
    for (unsigned i = 0; i < 44; i++) cr_assert_eq(data_at(DATA + 0xff0 + i), i % 4 + 1);
    cr_assert_eq(REG(&g, RSI), DATA + 0xff0 + 40);
}

Test(rep_restart, downwards) {
    const uint8_t seed[] = {1, 2, 3, 4, 5, 6, 7, 8};
    cr_assert_eq(space_poke(g.space, DATA + 0x100, seed, 8), 0);
    REG(&g, RSI) = DATA + 0x104;
    REG(&g, RDI) = DATA + 0x204;
    REG(&g, RCX) = 2;
    run_to_end("\xfd\xf3\xa5\xfc", 4); /* std; rep movsd; cld */
    for (unsigned i = 0; i < 8; i++) cr_assert_eq(data_at(DATA + 0x200 + i), i + 1);
    cr_assert_eq(REG(&g, RDI), DATA + 0x1fc);
}

Test(rep_restart, downwards_over_pages_and_overlapping) {
    for (unsigned i = 0; i < 64; i++) {
        const uint8_t v = (uint8_t)(i + 1);
        cr_assert_eq(space_poke(g.space, DATA + 0xfe0 + i, &v, 1), 0);
    }
    /* memmove up by 8, over a page border */
    REG(&g, RSI) = DATA + 0xfe0 + 56;
    REG(&g, RDI) = DATA + 0xfe0 + 64;
    REG(&g, RCX) = 8;
    run_to_end("\xfd\xf3\x48\xa5\xfc", 5);
    for (unsigned i = 0; i < 64; i++) cr_assert_eq(data_at(DATA + 0xfe8 + i), i + 1);
    /* down by 1, from the top: repeats the last byte */
    REG(&g, RSI) = DATA + 0x1010;
    REG(&g, RDI) = DATA + 0x100f;
    REG(&g, RCX) = 0x20;
    const uint8_t last = data_at(DATA + 0x1010);
    run_to_end("\xfd\xf3\xa4\xfc", 4);
    for (unsigned i = 0; i < 0x20; i++) cr_assert_eq(data_at(DATA + 0x100f - i), last);
    cr_assert_eq(REG(&g, RDI), DATA + 0xfef);
}

Test(rep_restart, element_across_a_page_border) {
    REG(&g, RDI) = DATA + 0xffd;
    REG(&g, RCX) = 2;
    REG(&g, RAX) = 0x1122334455667788;
    run_to_end("\xf3\x48\xab", 3);
    cr_assert_eq(data_at(DATA + 0xffd), 0x88);
    cr_assert_eq(data_at(DATA + 0x1000), 0x55);
    cr_assert_eq(data_at(DATA + 0x100c), 0x11);
}

static _Atomic bool stop;

static void keep_kicking(void *arg) {
    while (!atomic_load(&stop)) {
        cpu_kick(arg);
        host_thread_yield();
    }
    atomic_store(&stop, false);
}

/* Another thread kicks all the time; whatever is interrupted where, the counts and the result are the same. */
Test(rep_restart, kicks_stop_anywhere) {
    unsigned n_middle = 0;
    cr_assert_eq(host_thread_start(keep_kicking, g.cpu), 0);
    for (unsigned round = 0; round < 3000; round++) {
        REG(&g, RSI) = REG(&g, RDI) = DATA;
        REG(&g, RCX) = 0x2000;
        guest_code(&g, "\xf3\xa6\x90\x0f\x0b", 5); /* repe cmpsb; nop */
        g.cpu->retired = 0;
        while (guest_run(&g, 100) == EXIT_KICKED) {
            n_middle += REG(&g, RCX) != 0x2000 && REG(&g, RCX) != 0;
            cr_assert_eq(g.cpu->state.rip, REG(&g, RCX) ? CODE : CODE + g.cpu->retired + 1);
        }
        cr_assert_eq(REG(&g, RCX), 0);
        cr_assert_eq(REG(&g, RSI), DATA + 0x2000);
        cr_assert_eq(g.cpu->retired, 2);
    }
    cr_expect_gt(n_middle, 0, "never stopped in the middle");
    atomic_store(&stop, true);
    while (atomic_load(&stop)) host_thread_yield();
}

Test(rep_restart, scasb_finds) {
    cr_assert_eq(space_poke(g.space, DATA, "hello", 6), 0);
    REG(&g, RDI) = DATA;
    REG(&g, RCX) = ~0ull;
    REG(&g, RAX) = 0;
    run_to_end("\xf2\xae", 2);
    cr_assert_eq(~REG(&g, RCX), 6);
    cr_assert(flag_zf(&g.cpu->state));
}

Test(rep_restart, zero_count_does_nothing) {
    REG(&g, RDI) = 0x300000; /* not mapped */
    REG(&g, RCX) = 0;
    run_to_end("\xf3\xaa", 2);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_UD);
    cr_assert_eq(g.cpu->retired, 1);
}
