/* SPDX-License-Identifier: ISC */
/* FXSAVE, XSAVE, XSAVEOPT, XSAVEC write only what their components own and the bitmap asks for; the
 * restoring ones check alignment, header and MXCSR before they change anything. Source: SDM
 * 1 10.5, 13.4 to 13.10. */
#include "cpu/xsave.h"
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

enum { AREA = 1024, PATTERN = 0x55 };

static struct guest g;
static uint8_t area[AREA];

static void setup(void) {
    guest_init(&g);
    REG(&g, RDI) = DATA;
    memset(area, PATTERN, AREA);
    space_poke(g.space, DATA, area, AREA);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(xsave_instructions, .init = setup, .fini = teardown);

#define FXSAVE64   0x48, 0x0f, 0xae, 0x07
#define FXSAVE32   0x0f, 0xae, 0x07
#define FXRSTOR64  0x48, 0x0f, 0xae, 0x0f
#define XSAVE64    0x48, 0x0f, 0xae, 0x27
#define XSAVEOPT64 0x48, 0x0f, 0xae, 0x37
#define XSAVEC64   0x48, 0x0f, 0xc7, 0x27
#define XRSTOR64   0x48, 0x0f, 0xae, 0x2f

static void look(void) {
    space_peek(g.space, area, DATA, AREA);
}

static uint64_t get64(unsigned at) {
    uint64_t value;
    memcpy(&value, area + at, 8);
    return value;
}

static void put(unsigned at, uint64_t value, unsigned n) {
    memcpy(area + at, &value, n);
    space_poke(g.space, DATA, area, AREA);
}

/* Which 8-byte words of the area differ from the pattern, as ranges. */
static void assert_written(unsigned from, unsigned to) {
    for (unsigned at = from; at < to; at += 8)
        cr_assert_neq(get64(at), 0x5555555555555555, "byte %u was not written", at);
}

static void assert_untouched(unsigned from, unsigned to) {
    for (unsigned at = from; at < to; at += 8)
        cr_assert_eq(get64(at), 0x5555555555555555, "byte %u was written", at);
}

static void fill_vectors(void) {
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned k = 0; k < 4; k++)
            g.cpu->state.ymm[i].u64[k] = 0x0101010101010101 * (16 * k + i + 1);
    }
}

/* Runs one instruction that must raise #GP(0). */
static void assert_gp(const uint8_t *code, size_t n) {
    guest_code(&g, code, n);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_GP, "vector %u", g.cpu->exception.vector);
    cr_assert_eq(g.cpu->exception.error_code, 0);
    cr_assert_eq(g.cpu->state.rip, CODE);
}

#define ASSERT_GP(...)                                                                             \
    do {                                                                                           \
        const uint8_t gp_code[] = {__VA_ARGS__};                                                   \
        assert_gp(gp_code, sizeof gp_code);                                                        \
    } while (0)

static void request(uint32_t components) {
    REG(&g, RAX) = components;
    REG(&g, RDX) = 0xffffffff; /* bits above XCR0 are ignored */
}

Test(xsave_instructions, fxsave_fields) {
    fill_vectors();
    g.cpu->state.x87.fdp = 0x123456789abcdef0;
    GUEST_RUN(&g, 0xd9, 0xe8, FXSAVE64); /* fld1 */
    look();
    cr_assert_eq(get64(0), 0x01e800803800037f, "%016llx: fcw fsw ftw fop",
                 (unsigned long long)get64(0));
    cr_assert_eq(get64(8), CODE);
    cr_assert_eq(get64(16), 0x123456789abcdef0);
    cr_assert_eq(get64(24), 0x0000ffff00001f80);
    cr_assert_eq(get64(32), 0x8000000000000000);
    cr_assert_eq(get64(40), 0x3fff);
    cr_assert_eq(get64(160 + 16 * 5), 0x0606060606060606);
    assert_written(160, 416);
    assert_untouched(416, AREA);
}

Test(xsave_instructions, fxsave_without_rex_has_short_pointers) {
    g.cpu->state.x87.fip = 0x1122334455667788;
    GUEST_RUN(&g, FXSAVE32);
    look();
    cr_assert_eq(get64(8), 0x55667788);
}

Test(xsave_instructions, fxsave_alignment) {
    REG(&g, RDI) = DATA + 8;
    ASSERT_GP(FXSAVE64);
    ASSERT_GP(FXRSTOR64);
}

Test(xsave_instructions, fxrstor_loads) {
    memset(area, 0, 512);
    put(0, 0x03e8008038000b40, 8);
    put(24, 0x7f80, 4);
    put(32, 0xc000000000000000, 8);
    put(40, 0x4001, 8);
    put(160 + 16 * 15, 0x77, 8);
    fill_vectors();
    GUEST_RUN(&g, FXRSTOR64);
    const struct cpu_state *s = &g.cpu->state;
    cr_assert_eq(s->x87.fcw, 0x0b40);
    cr_assert_eq(s->x87.fsw, 0x3800);
    cr_assert_eq(s->x87.ftw, 0x80);
    cr_assert_eq(s->x87.st[7].se, 0x4001);
    cr_assert_eq(s->mxcsr, 0x7f80);
    cr_assert_eq(s->ymm[15].u64[0], 0x77);
    cr_assert_eq(s->ymm[15].u64[2], 0x0101010101010101ull * (32 + 16), "upper halves stay");
}

Test(xsave_instructions, fxrstor_reserved_mxcsr) {
    memset(area, 0, 512);
    put(24, 0x11f80, 4);
    g.cpu->state.ymm[3].u64[0] = 0x99;
    ASSERT_GP(FXRSTOR64);
    cr_assert_eq(g.cpu->state.ymm[3].u64[0], 0x99);
    cr_assert_eq(g.cpu->state.mxcsr, 0x1f80);
}

Test(xsave_instructions, xsave_all) {
    fill_vectors();
    put(512, 0, 8);
    request(7);
    GUEST_RUN(&g, 0xd9, 0xe8, XSAVE64);
    look();
    assert_written(160, 416);
    assert_untouched(416, 512);
    cr_assert_eq(get64(512), 7);
    assert_untouched(520, 576);
    cr_assert_eq(get64(576), 0x2121212121212121);
    assert_written(576, 832);
    assert_untouched(832, AREA);
}

Test(xsave_instructions, xsave_keeps_other_bits_of_xstate_bv) {
    put(512, 0x8000000000000003, 8);
    request(4);
    GUEST_RUN(&g, XSAVE64);
    look();
    cr_assert_eq(get64(512), 0x8000000000000003);
    assert_untouched(0, 24);
    cr_assert_eq(get64(24), 0x0000ffff00001f80, "MXCSR comes with AVX");
    assert_untouched(32, 512);
    cr_assert_eq(get64(576), 0, "written though it is in its initial state");
}

Test(xsave_instructions, xsave_x87_alone_leaves_mxcsr) {
    put(512, 0, 8);
    request(1);
    GUEST_RUN(&g, XSAVE64);
    look();
    assert_untouched(24, 32);
    assert_untouched(160, 512);
    cr_assert_eq(get64(512), 0);
    cr_assert_eq(get64(0), 0x37f);
}

Test(xsave_instructions, xsaveopt_leaves_out_initial_state) {
    g.cpu->state.ymm[9].u64[3] = 1;
    put(512, 0, 8);
    request(7);
    GUEST_RUN(&g, XSAVEOPT64);
    look();
    assert_untouched(0, 24);
    cr_assert_eq(get64(24), 0x0000ffff00001f80);
    assert_untouched(32, 512);
    cr_assert_eq(get64(512), 4);
    cr_assert_eq(get64(576 + 16 * 9 + 8), 1);
    cr_assert_eq(get64(576), 0);
}

Test(xsave_instructions, xsavec_writes_both_bitmaps) {
    g.cpu->state.ymm[2].u64[0] = 1;
    request(7);
    GUEST_RUN(&g, XSAVEC64);
    look();
    assert_untouched(0, 24);
    cr_assert_eq(get64(24), 0x0000ffff00001f80);
    cr_assert_eq(get64(160 + 32), 1);
    cr_assert_eq(get64(512), 2);
    cr_assert_eq(get64(520), 0x8000000000000007);
    assert_untouched(528, AREA);
}

Test(xsave_instructions, xsavec_counts_mxcsr_as_sse) {
    g.cpu->state.mxcsr = 0x1f81;
    request(7);
    GUEST_RUN(&g, XSAVEC64);
    look();
    cr_assert_eq(get64(512), 2);
    cr_assert_eq(get64(24), 0x0000ffff00001f81);
}

Test(xsave_instructions, alignment) {
    REG(&g, RDI) = DATA + 16;
    ASSERT_GP(XSAVE64);
    ASSERT_GP(XSAVEOPT64);
    ASSERT_GP(XSAVEC64);
    ASSERT_GP(XRSTOR64);
}

Test(xsave_instructions, xrstor_initializes_what_is_absent) {
    memset(area, 0, AREA);
    put(24, 0x1fa0, 4);
    put(512, 0, 8);
    fill_vectors();
    g.cpu->state.x87.ftw = 0xff;
    g.cpu->state.x87.fcw = 0x40;
    request(7);
    GUEST_RUN(&g, XRSTOR64);
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned k = 0; k < 4; k++) cr_assert_eq(g.cpu->state.ymm[i].u64[k], 0);
    }
    cr_assert_eq(g.cpu->state.x87.fcw, 0x37f);
    cr_assert_eq(g.cpu->state.x87.ftw, 0);
    cr_assert_eq(g.cpu->state.mxcsr, 0x1fa0, "MXCSR comes from memory in the standard form");
}

Test(xsave_instructions, xrstor_touches_only_what_is_asked_for) {
    memset(area, 0, AREA);
    put(512, 7, 8);
    fill_vectors();
    request(4);
    put(24, 0x1f80, 4);
    GUEST_RUN(&g, XRSTOR64);
    cr_assert_eq(g.cpu->state.ymm[4].u64[0], 0x0505050505050505);
    cr_assert_eq(g.cpu->state.ymm[4].u64[2], 0);
}

Test(xsave_instructions, xrstor_compacted) {
    g.cpu->state.mxcsr = 0x3f80;
    g.cpu->state.ymm[1].u64[1] = 11;
    g.cpu->state.ymm[1].u64[2] = 22;
    memset(area, 0, AREA);
    space_poke(g.space, DATA, area, AREA);
    request(7);
    GUEST_RUN(&g, XSAVEC64, 0xc5, 0xfc, 0x77, XRSTOR64); /* vzeroall */
    cr_assert_eq(g.cpu->state.ymm[1].u64[1], 11);
    cr_assert_eq(g.cpu->state.ymm[1].u64[2], 22);
    cr_assert_eq(g.cpu->state.mxcsr, 0x3f80);
}

Test(xsave_instructions, xrstor_compacted_initializes_mxcsr_with_sse) {
    memset(area, 0, AREA);
    put(24, 0xffffffff, 4);
    put(520, 0x8000000000000007, 8);
    g.cpu->state.mxcsr = 0x3f80;
    request(7);
    GUEST_RUN(&g, XRSTOR64);
    cr_assert_eq(g.cpu->state.mxcsr, 0x1f80);
}

/* Headers that XRSTOR refuses: xstate_bv, xcomp_bv, and a word further on. */
static void assert_bad_header(uint64_t xstate_bv, uint64_t xcomp_bv, unsigned at, uint64_t word) {
    memset(area, 0, AREA);
    put(24, 0x1f80, 4);
    put(512, xstate_bv, 8);
    put(520, xcomp_bv, 8);
    if (at) put(at, word, 8);
    g.cpu->state.ymm[0].u64[0] = 0x1234;
    request(7);
    ASSERT_GP(XRSTOR64);
    cr_assert_eq(g.cpu->state.ymm[0].u64[0], 0x1234);
}

Test(xsave_instructions, xrstor_header_checks) {
    assert_bad_header(8, 0, 0, 0);
    assert_bad_header(0x8000000000000000, 0, 0, 0);
    assert_bad_header(7, 7, 0, 0);
    assert_bad_header(7, 0, 528, 1);
    assert_bad_header(7, 0x8000000000000003, 0, 0);
    assert_bad_header(7, 0x800000000000000f, 0, 0);
    assert_bad_header(7, 0x8000000000000007, 528, 1);
    assert_bad_header(7, 0x8000000000000007, 568, 1);
}

Test(xsave_instructions, xrstor_reserved_mxcsr) {
    memset(area, 0, AREA);
    put(24, 0x10000, 4);
    put(512, 7, 8);
    request(4);
    ASSERT_GP(XRSTOR64);
    request(1);
    GUEST_RUN(&g, XRSTOR64); /* not asked for: not looked at */
}

Test(xsave_instructions, fault_at_the_last_part_changes_nothing) {
    const uint8_t code[] = {XSAVE64};
    uint8_t byte = 0x77;
    const uint64_t at = DATA + DATA_SIZE - 576; /* header and legacy fit, AVX does not */
    REG(&g, RDI) = at;
    space_poke(g.space, at, &byte, 1);
    request(7);
    guest_code(&g, code, sizeof code);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->exception.fault.gva, DATA + DATA_SIZE);
    space_peek(g.space, &byte, at, 1);
    cr_assert_eq(byte, 0x77);
    request(3);
    guest_code(&g, code, sizeof code);
    guest_run(&g, 1);
    cr_assert_eq(g.cpu->state.rip, CODE + 4, "without AVX it fits");
}
