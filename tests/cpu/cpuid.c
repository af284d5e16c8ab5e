/* SPDX-License-Identifier: ISC */
/* The machine model says what the interpreter can do, and XCR0 agrees with it. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(cpuid, .init = setup, .fini = teardown);

static void leaf(uint32_t eax, uint32_t ecx) {
    REG(&g, RAX) = 0xffffffff00000000 | eax;
    REG(&g, RCX) = ecx;
    GUEST_RUN(&g, 0x0f, 0xa2);
}

Test(cpuid, vendor_and_brand) {
    char text[13] = "";
    leaf(0, 0);
    cr_assert_eq(REG(&g, RAX), 0xd);
    memcpy(text, &REG(&g, RBX), 4);
    memcpy(text + 4, &REG(&g, RDX), 4);
    memcpy(text + 8, &REG(&g, RCX), 4);
    cr_assert_str_eq(text, "GenuineIntel");
    leaf(0x80000002, 0);
    cr_assert_eq(memcmp(&REG(&g, RAX), "Lock", 4), 0);
}

Test(cpuid, level_three) {
    leaf(1, 0);
    const uint32_t wanted = 1u << 0 | 1u << 1 | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 |
                            1u << 25 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 29 | 1u << 30;
    cr_assert_eq(REG(&g, RCX) & wanted, wanted);
    cr_assert_eq(REG(&g, RBX) >> 24, 3);
    leaf(7, 0);
    const uint32_t wanted7 = 1u << 0 | 1u << 3 | 1u << 5 | 1u << 8 | 1u << 18 | 1u << 19 | 1u << 29;
    cr_assert_eq(REG(&g, RBX) & wanted7, wanted7);
    cr_assert_eq(REG(&g, RBX) & (1u << 16), 0, "no AVX-512");
    leaf(0x80000001, 0);
    cr_assert_eq(REG(&g, RCX) & 0x21, 0x21);
    cr_assert_eq(REG(&g, RDX) & (1u << 29), 1u << 29);
}

Test(cpuid, xsave) {
    leaf(0xd, 0);
    cr_assert_eq(REG(&g, RAX), 7);
    cr_assert_eq(REG(&g, RBX), 832);
    REG(&g, RCX) = 0;
    GUEST_RUN(&g, 0x0f, 0x01, 0xd0);
    cr_assert_eq(REG(&g, RAX), 7);
    cr_assert_eq(REG(&g, RDX), 0);
}

Test(cpuid, unknown_leaves_are_zero) {
    leaf(0x40000000, 0);
    cr_assert_eq(REG(&g, RAX) | REG(&g, RBX) | REG(&g, RCX) | REG(&g, RDX), 0);
}

Test(cpuid, time_random_and_processor) {
    /* nop; nop; rdtsc: sees the instructions before it */
    GUEST_RUN(&g, 0x90, 0x90, 0x0f, 0x31);
    cr_assert_eq(REG(&g, RAX), 2);
    GUEST_RUN(&g, 0x48, 0x0f, 0xc7, 0xf3, 0xf3, 0x0f, 0xc7, 0xf9); /* rdrand rbx; rdpid rcx */
    cr_assert_eq(REG(&g, RBX), 0x1122334455667788);
    cr_assert_eq(REG(&g, RCX), 3);
    cr_assert(flag_cf(&g.cpu->state));
}
