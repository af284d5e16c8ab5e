/* SPDX-License-Identifier: ISC */
/* FS and GS bases, 32-bit addresses, and both together. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
    const uint32_t numbers[] = {10, 11, 12, 13};
    space_poke(g.space, DATA, numbers, sizeof numbers);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(segments, .init = setup, .fini = teardown);

Test(segments, bases_by_instruction) {
    REG(&g, RBX) = DATA;
    /* wrfsbase rbx; rdfsbase rcx; mov eax, fs:[4] */
    GUEST_RUN(&g, 0xf3, 0x48, 0x0f, 0xae, 0xd3, 0xf3, 0x48, 0x0f, 0xae, 0xc1, 0x64, 0x8b, 0x04, 0x25, 4, 0, 0, 0);
    cr_assert_eq(REG(&g, RAX), 11);
    cr_assert_eq(REG(&g, RCX), DATA);
    cr_assert_eq(g.cpu->retired, 3);
}

Test(segments, indexed_and_negative) {
    g.cpu->state.seg_base[SEG_GS] = DATA + 16;
    REG(&g, RSI) = (uint64_t)-4;
    REG(&g, RDI) = 1;
    /* mov eax, gs:[rsi + rdi*4 - 4] */
    GUEST_RUN(&g, 0x65, 0x8b, 0x44, 0xbe, 0xfc);
    cr_assert_eq(REG(&g, RAX), 13);
}

Test(segments, address_size) {
    REG(&g, RBX) = 0xffffffff00000000 | (DATA + 8);
    GUEST_RUN(&g, 0x67, 0x8b, 0x03); /* mov eax, [ebx] */
    cr_assert_eq(REG(&g, RAX), 12);
    g.cpu->state.seg_base[SEG_FS] = DATA;
    REG(&g, RBX) = 0xffffffff00000004;
    GUEST_RUN(&g, 0x64, 0x67, 0x8b, 0x03); /* mov eax, fs:[ebx] */
    cr_assert_eq(REG(&g, RAX), 11);
    GUEST_RUN(&g, 0x67, 0x48, 0x8d, 0x43, 0xf8); /* lea rax, [ebx - 8] */
    cr_assert_eq(REG(&g, RAX), 0xfffffffc);
}

Test(segments, selectors) {
    /* mov eax, cs; mov ecx, ss; mov fs, edx (null: clears the base) */
    g.cpu->state.seg_base[SEG_FS] = DATA;
    REG(&g, RDX) = 0;
    GUEST_RUN(&g, 0x8c, 0xc8, 0x8c, 0xd1, 0x8e, 0xe2);
    cr_assert_eq(REG(&g, RAX), 0x33);
    cr_assert_eq(REG(&g, RCX), 0x2b);
    cr_assert_eq(g.cpu->state.seg_base[SEG_FS], 0);
}
