/* SPDX-License-Identifier: ISC */
/* SDM 1 10.8 and 14.9: 16-byte memory operands of legacy instructions are #GP(0) when misaligned, save those of the unaligned
 * moves, LDDQU and PCMPxSTRx; with VEX only the aligned moves check. #GP comes before #PF. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

struct row {
    const char *text;
    uint8_t bytes[8];
    unsigned length;
    unsigned misaligned; /* how far a refused address is off */
    bool refused;
};

static const struct row rows[] = {
    {"paddb xmm1, [rsi]", {0x66, 0x0f, 0xfc, 0x0e}, 4, 8, true},
    {"vpaddb xmm1, xmm1, [rsi]", {0xc5, 0xf1, 0xfc, 0x0e}, 4, 1, false},
    {"movups xmm1, [rsi]", {0x0f, 0x10, 0x0e}, 3, 1, false},
    {"movaps xmm1, [rsi]", {0x0f, 0x28, 0x0e}, 3, 8, true},
    {"movaps [rsi], xmm1", {0x0f, 0x29, 0x0e}, 3, 8, true},
    {"vmovaps ymm1, [rsi]", {0xc5, 0xfc, 0x28, 0x0e}, 4, 16, true},
    {"vmovups ymm1, [rsi]", {0xc5, 0xfc, 0x10, 0x0e}, 4, 1, false},
    {"lddqu xmm1, [rsi]", {0xf2, 0x0f, 0xf0, 0x0e}, 4, 1, false},
    {"pcmpistri xmm1, [rsi], 0", {0x66, 0x0f, 0x3a, 0x63, 0x0e, 0x00}, 6, 1, false},
    {"movntdqa xmm1, [rsi]", {0x66, 0x0f, 0x38, 0x2a, 0x0e}, 5, 4, true},
    {"addsd xmm1, [rsi]", {0xf2, 0x0f, 0x58, 0x0e}, 4, 1, false},
    {"pxor xmm1, [rsi]", {0x66, 0x0f, 0xef, 0x0e}, 4, 1, true},
    {"mulps xmm1, [rsi]", {0x0f, 0x59, 0x0e}, 3, 4, true},
};

static void expect(struct guest *g, const struct row *row, uint64_t gva, int vector) {
    const union vec before = g->cpu->state.ymm[1];
    REG(g, RSI) = gva;
    guest_code(g, row->bytes, row->length);
    const enum exit exit = guest_run(g, 1);
    if (vector < 0) {
        cr_expect_eq(exit, EXIT_BUDGET, "%s", row->text);
        return;
    }
    cr_expect_eq(exit, EXIT_EXCEPTION, "%s", row->text);
    cr_expect_eq(g->cpu->exception.vector, vector, "%s: vector %u", row->text, g->cpu->exception.vector);
    cr_expect_eq(g->cpu->exception.error_code & ~6u, 0);
    cr_expect(!memcmp(&before, &g->cpu->state.ymm[1], sizeof before), "%s", row->text);
}

Test(vec_alignment, rows) {
    struct guest g;
    guest_init(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        expect(&g, row, DATA + 64, -1);
        expect(&g, row, DATA + 64 + row->misaligned, row->refused ? EXCEPTION_GP : -1);
        expect(&g, row, 0x1000, EXCEPTION_PF);
        expect(&g, row, 0x1000 + row->misaligned, row->refused ? EXCEPTION_GP : EXCEPTION_PF);
        if (!row->refused) expect(&g, row, DATA + 0x1000 - 1, -1); /* across a page */
    }
    guest_fini(&g);
}
