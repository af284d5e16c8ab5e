/* SPDX-License-Identifier: ISC */
/* Edge values are drawn per element, so that vectors mix NaNs, denormals and ordinary numbers. */
#include "tests/differential/random_state.h"

#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const uint64_t edge_ints[] = {0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
                                     0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
                                     0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffffffe,
                                     0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
static const uint32_t edge_f32[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x00000001, 0x807fffff, 0x00800000,
                                    0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001,
                                    0xffa00000, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0xdf000000,
                                    0x3f000000, 0x3fc00000, 0x40200000, 0x33000000, 0x387fc000, 0x477fe000};
static const uint64_t edge_f64[] = {0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 1,
                                    0x800fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
                                    0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
                                    0xfff8123456789abc, 0x7ff0000000000001, 0xfff4000000000000,
                                    0x41e0000000000000, 0xc1e0000000000000, 0x41dfffffffc00000,
                                    0x43e0000000000000, 0xc3e0000000000000, 0x3fe0000000000000,
                                    0x3ff8000000000000, 0x36a0000000000000, 0x380fffffffffffff,
                                    0x47efffffe0000000, 0x3ca0000000000000};
static const struct { uint64_t mantissa; uint16_t se; } edge_f80[] = {
    {0, 0}, {0, 0x8000}, {1ull << 63, 0x3fff}, {1ull << 63, 0xbfff}, {1, 0}, {~0ull >> 1, 0x8000},
    {1ull << 63, 1}, {~0ull, 0x7ffe}, {1ull << 63, 0x7fff}, {1ull << 63, 0xffff}, {3ull << 62, 0x7fff},
    {0xc000000000001234, 0xffff}, {0x8000000000000001, 0x7fff}, {0xa000000000000000, 0xffff},
    {1ull << 63, 0}, {0xc000000000000000, 0x3fff}, {0x4000000000000000, 0x3fff}, {1, 0x7fff},
    {0, 0x7fff}, {~0ull, 0x403d}, {1ull << 63, 0xc03e}, {0xc90fdaa22168c235, 0x4000}};

static uint64_t random_int(struct rng *rng) {
    switch (rng_below(rng, 4)) {
    case 0: return edge_ints[rng_below(rng, N(edge_ints))];
    case 1: return (uint64_t)(int64_t)(int8_t)rng_next(rng);
    case 2: return rng_next(rng) & 0xffffffff;
    default: return rng_next(rng);
    }
}

/* A double of moderate size, so that arithmetic is not always overflow. */
static uint64_t ordinary_f64(struct rng *rng) {
    return (rng_next(rng) & 0x800fffffffffffff) | (0x3f0 + rng_below(rng, 32)) << 52;
}

static uint32_t ordinary_f32(struct rng *rng) {
    return (uint32_t)((rng_next(rng) & 0x807fffff) | (0x70 + rng_below(rng, 32)) << 23);
}

static void random_vector(struct rng *rng, uint8_t *out, size_t n) {
    const unsigned style = (unsigned)rng_below(rng, 4);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t v = rng_next(rng);
        if (style == 1) {
            v = rng_below(rng, 3) ? ordinary_f64(rng) : edge_f64[rng_below(rng, N(edge_f64))];
        } else if (style == 2) {
            uint32_t half[2];
            for (int k = 0; k < 2; k++) {
                half[k] = rng_below(rng, 3) ? ordinary_f32(rng) : edge_f32[rng_below(rng, N(edge_f32))];
            }
            memcpy(&v, half, 8);
        } else if (style == 3) {
            v = random_int(rng);
        }
        memcpy(out + i, &v, 8);
    }
}

static uint64_t pointer(struct rng *rng) {
    uint64_t p = DATA_GVA + rng_below(rng, DATA_SIZE - 1024) + 512;
    if (rng_below(rng, 4)) p &= ~63ull;
    return p;
}

static void random_x87(struct rng *rng, uint8_t *xsave) {
    static const uint16_t fcw_masks[] = {0x3f, 0x3f, 0x3f, 0x3f, 0x3e, 0x3b, 0x00, 0x1f};
    const uint16_t fcw = (uint16_t)(0x40 | fcw_masks[rng_below(rng, N(fcw_masks))] |
                                    (rng_below(rng, 4) == 1 ? 3 : rng_below(rng, 4)) << 8 | rng_below(rng, 4) << 10);
    uint16_t fsw = (uint16_t)(rng_next(rng) & 0x7f7f); /* C0-C3, TOP, sticky flags; ES and B below */
    if (rng_below(rng, 2)) fsw &= 0x7f00;
    if (fsw & ~fcw & 0x3f) fsw |= 0x8080;
    const uint8_t ftw = (uint8_t)(rng_below(rng, 3) ? 0xff : rng_next(rng));
    memcpy(xsave, &fcw, 2);
    memcpy(xsave + 2, &fsw, 2);
    xsave[4] = ftw;
    for (int i = 0; i < 8; i++) {
        uint64_t mantissa = rng_next(rng) | 1ull << 63;
        uint16_t se = (uint16_t)((rng_next(rng) & 0x8000) | (0x3ff0 + rng_below(rng, 32)));
        const unsigned kind = (unsigned)rng_below(rng, 4);
        if (kind == 0) {
            const size_t e = rng_below(rng, N(edge_f80));
            mantissa = edge_f80[e].mantissa;
            se = edge_f80[e].se;
        } else if (kind == 1) {
            se = (uint16_t)rng_next(rng);
        }
        memcpy(xsave + 32 + 16 * i, &mantissa, 8);
        memcpy(xsave + 32 + 16 * i + 8, &se, 2);
    }
}

static void random_xsave(struct rng *rng, uint8_t *xsave) {
    static const uint32_t masks[] = {0x1f80, 0x1f80, 0x1f80, 0x1f80, 0x1f80, 0x1f80, 0, 0x1f00};
    memset(xsave, 0, 832);
    random_x87(rng, xsave);
    uint32_t mxcsr = masks[rng_below(rng, N(masks))] | (uint32_t)rng_below(rng, 4) << 13;
    if (rng_below(rng, 4) == 0) mxcsr |= (uint32_t)(rng_next(rng) & 0x8040);
    if (rng_below(rng, 2)) mxcsr |= (uint32_t)(rng_next(rng) & 0x3f);
    memcpy(xsave + 24, &mxcsr, 4);
    const uint32_t mask = 0xffff;
    memcpy(xsave + 28, &mask, 4);
    for (int i = 0; i < 16; i++) {
        random_vector(rng, xsave + 160 + 16 * i, 16);
        random_vector(rng, xsave + 576 + 16 * i, 16);
    }
    xsave[512] = 7;
}

static void aim_vsib(struct rng *rng, const struct insn *insn, struct machine_state *s) {
    for (int i = 0; i < 4; i++) {
        const uint32_t v[2] = {(uint32_t)rng_below(rng, 64) - 32, insn->op_size == 8 ? 0 : (uint32_t)rng_below(rng, 64)};
        uint64_t q;
        memcpy(&q, v, 8);
        if (rng_below(rng, 2)) q = rng_below(rng, 64);
        memcpy(s->xsave + (i < 2 ? 160 + 16 * insn->mem.index + 8 * i : 576 + 16 * insn->mem.index + 8 * (i - 2)), &q,
               8);
    }
}

/* Makes the effective address fall into the data range by choosing the base register. */
static void aim(struct rng *rng, const struct insn *insn, struct machine_state *s) {
    const struct mem_operand *m = &insn->mem;
    if (m->vsib) aim_vsib(rng, insn, s);
    if (m->base == REG_NONE) {
        if (m->index != REG_NONE && !m->vsib) s->gpr[m->index] = (pointer(rng) - (uint64_t)m->disp) >> m->scale;
        return;
    }
    uint64_t target = pointer(rng);
    if (m->vsib) target = DATA_MID;
    if (m->index != REG_NONE && !m->vsib) {
        if (m->index == m->base) return;
        target -= s->gpr[m->index] << m->scale;
    }
    s->gpr[m->base] = target - (uint64_t)m->disp;
}

void random_state(struct rng *rng, const struct insn *insn, struct instance *instance) {
    struct machine_state *s = &instance->before;
    for (int i = 0; i < 16; i++) {
        s->gpr[i] = rng_below(rng, 3) ? random_int(rng) : pointer(rng);
    }
    s->gpr[RSP] = pointer(rng);
    if (insn->mem.base != RSP && rng_below(rng, 4)) s->gpr[RBP] = pointer(rng);
    const bool string = insn->op == OP_MOVS || insn->op == OP_CMPS || insn->op == OP_STOS || insn->op == OP_LODS ||
                        insn->op == OP_SCAS || insn->op == OP_MASKMOVDQU || insn->op == OP_MASKMOVQ ||
                        insn->op == OP_XLAT;
    if (string && rng_below(rng, 8)) {
        s->gpr[RSI] = pointer(rng);
        s->gpr[RDI] = pointer(rng);
        s->gpr[RBX] = pointer(rng);
        s->gpr[RCX] = rng_below(rng, 12);
    }
    if (insn->rep != REP_NONE) s->gpr[RCX] = rng_below(rng, 40); /* each iteration costs the host a signal */
    s->rflags = 0x202 | (rng_next(rng) & 0x8d5) | (rng_below(rng, 4) ? 0 : 0x400);
    random_xsave(rng, s->xsave);
    random_vector(rng, s->data, DATA_SIZE);
    bool has_mem = false;
    for (int i = 0; i < insn->n_operands; i++) has_mem |= insn->operand[i].kind == OPERAND_MEM;
    if (has_mem && rng_below(rng, 16)) aim(rng, insn, s);
}
