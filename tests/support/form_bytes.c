/* SPDX-License-Identifier: ISC */
/* Chooses a value for each encoding field from those the row accepts, then writes the fields in
 * order. */
#include "tests/support/form_bytes.h"

#include "decoder/form_row.h"
#include "decoder/operand_spec.h"

#include <string.h>

struct maker {
    struct rng *rng;
    const struct form_row *row;
    uint8_t bytes[40];
    unsigned n;
    bool has_66, has_67, has_lock, w, l, r, x, b, memory;
    uint8_t rep, seg;
    uint8_t vvvv, reg, rm;
};

static bool one_in(struct maker *m, unsigned n) {
    return rng_below(m->rng, n) == 0;
}

static void put(struct maker *m, unsigned byte) {
    m->bytes[m->n++] = (uint8_t)byte;
}

static void put_random(struct maker *m, unsigned n) {
    for (unsigned i = 0; i < n; i++) put(m, (unsigned)rng_next(m->rng) >> 7);
}

/* One of the bits set in mask, as its number. */
static unsigned choose_bit(struct maker *m, uint32_t mask) {
    for (;;) {
        const unsigned bit = (unsigned)rng_below(m->rng, 32);
        if (mask >> bit & 1) return bit;
    }
}

static bool choose_flag(struct maker *m, uint32_t bit_false, uint32_t bit_true) {
    const bool can_be_false = m->row->accepts & bit_false, can_be_true = m->row->accepts & bit_true;
    return can_be_true && (!can_be_false || one_in(m, 2));
}

static const struct operand_spec *find_operand(const struct form_row *row, uint8_t method,
                                               uint8_t reg_class) {
    for (unsigned i = 0; i < row->n_operands; i++) {
        const struct operand_spec *spec = &operand_specs[row->operand[i].spec];
        if (spec->method == method && (!reg_class || spec->reg_class == reg_class)) return spec;
    }
    return NULL;
}

/* 66, F2, F3 of a legacy row: what it asks for, else mostly nothing, REP often where it counts. */
static void choose_prefixes(struct maker *m) {
    const uint32_t all = m->row->accepts & ACCEPT_PREFIX;
    uint32_t usual = all & (ACCEPT_NP | ACCEPT_66);
    if (!usual || (all == ACCEPT_PREFIX && one_in(m, m->row->traits & ROW_REP ? 2 : 16)))
        usual = all;
    if (m->row->size_rule == SIZE_RULE_F64 &&
        usual & ~(uint32_t)(ACCEPT_66 | ACCEPT_66_F3 | ACCEPT_66_F2)) {
        usual &= ~(uint32_t)(ACCEPT_66 | ACCEPT_66_F3 | ACCEPT_66_F2);
    }
    const uint32_t chosen = UINT32_C(1) << choose_bit(m, usual);
    m->has_66 = chosen & (ACCEPT_66 | ACCEPT_66_F3 | ACCEPT_66_F2);
    if (chosen & (ACCEPT_F3 | ACCEPT_66_F3)) m->rep = 0xf3;
    if (chosen & (ACCEPT_F2 | ACCEPT_66_F2)) m->rep = 0xf2;
}

/* Segment registers that exist and are not CS as destination; control registers 0 2 3 4 8; debug
 * registers. */
static void choose_special_register(struct maker *m) {
    static const uint8_t control[] = {0, 2, 3, 4, 8};
    if (find_operand(m->row, METHOD_REG, REG_SEG)) {
        do m->reg = (uint8_t)rng_below(m->rng, 6);
        while (m->reg == SEG_CS && m->row->operand[0].access == ACCESS_WRITE &&
               operand_specs[m->row->operand[0].spec].reg_class == REG_SEG);
    } else if (find_operand(m->row, METHOD_REG, REG_CR)) {
        const uint8_t number = control[rng_below(m->rng, sizeof control)];
        m->reg = number & 7;
        m->r = number & 8;
    } else if (find_operand(m->row, METHOD_REG, REG_DR)) {
        m->r = false;
    }
}

static void choose_fields(struct maker *m, enum form_mod mod) {
    const uint32_t accepts = m->row->accepts;
    const bool vex = m->row->space >= SPACE_VEX_0F;
    if (!vex) choose_prefixes(m);
    m->w = choose_flag(m, ACCEPT_W0, ACCEPT_W1);
    m->b = choose_flag(m, ACCEPT_B0, ACCEPT_B1);
    m->l = choose_flag(m, ACCEPT_L0, ACCEPT_L1);
    m->r = one_in(m, 2);
    m->x = one_in(m, 2);
    m->vvvv = accepts & ACCEPT_VVVV_USED ? (uint8_t)rng_below(m->rng, 16) : 0;
    m->has_67 = one_in(m, 32);
    if (one_in(m, 16))
        m->seg = (uint8_t[]){0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65}[rng_below(m->rng, 6)];
    if (m->row->modrm == MODRM_NONE) return;
    m->memory =
        mod == FORM_MOD_ANY ? choose_flag(m, ACCEPT_REG, ACCEPT_MEM) : mod == FORM_MOD_MEMORY;
    m->reg = (uint8_t)(choose_bit(m, accepts & ACCEPT_MODRM_REGS) - 16);
    m->rm = (uint8_t)(choose_bit(m, accepts & ACCEPT_MODRM_RMS) - 24);
    m->has_lock = m->memory && m->row->traits & ROW_LOCK && one_in(m, 8);
    choose_special_register(m);
}

/* The legacy prefixes in a random order. */
static void put_prefixes(struct maker *m) {
    uint8_t prefix[8];
    unsigned n = 0;
    if (m->has_66) prefix[n++] = 0x66;
    if (m->has_67) prefix[n++] = 0x67;
    if (m->has_lock) prefix[n++] = 0xf0;
    if (m->rep) prefix[n++] = m->rep;
    if (m->seg) prefix[n++] = m->seg;
    while (n) {
        const unsigned i = (unsigned)rng_below(m->rng, n);
        put(m, prefix[i]);
        prefix[i] = prefix[--n];
    }
}

static void put_opcode_legacy(struct maker *m) {
    put_prefixes(m);
    const unsigned rex = (m->w ? 8u : 0) | (m->r ? 4u : 0) | (m->x ? 2u : 0) | (m->b ? 1u : 0);
    const bool needed = m->w || (m->b && !(m->row->accepts & ACCEPT_B0)) ||
                        find_operand(m->row, METHOD_REG, REG_CR);
    if (needed || one_in(m, 2))
        put(m, 0x40 | rex);
    else
        m->w = m->r = m->x = m->b = false;
    if (m->row->space != SPACE_1) put(m, 0x0f);
    if (m->row->space == SPACE_0F38) put(m, 0x38);
    if (m->row->space == SPACE_0F3A) put(m, 0x3a);
}

static void put_opcode_vex(struct maker *m) {
    const unsigned pp = (unsigned)choose_bit(m, m->row->accepts & ACCEPT_PREFIX);
    const unsigned rest = ((unsigned)(~m->vvvv & 15) << 3) | (m->l ? 4u : 0) | pp;
    put_prefixes(m);
    if (m->row->space == SPACE_VEX_0F && !m->w && !m->x && !m->b && one_in(m, 2)) {
        put(m, 0xc5);
        put(m, (m->r ? 0 : 0x80u) | rest);
        return;
    }
    put(m, 0xc4);
    put(m, (m->r ? 0 : 0x80u) | (m->x ? 0 : 0x40u) | (m->b ? 0 : 0x20u) |
               (unsigned)(m->row->space - SPACE_VEX_0F + 1));
    put(m, (m->w ? 0x80u : 0) | rest);
}

/* A SIB byte whose index differs from the destination and the mask of a gather. */
static unsigned choose_sib(struct maker *m) {
    unsigned sib = (unsigned)(rng_next(m->rng) >> 9) & 0xff;
    if (!(m->row->traits & ROW_VSIB)) return sib;
    const unsigned dst = m->reg | (m->r ? 8u : 0);
    while (m->vvvv == dst) m->vvvv = (uint8_t)rng_below(m->rng, 16);
    while ((((sib >> 3) & 7) | (m->x ? 8u : 0)) == dst ||
           (((sib >> 3) & 7) | (m->x ? 8u : 0)) == m->vvvv)
        sib += 8;
    return sib & 0xff;
}

static void put_memory(struct maker *m, unsigned sib) {
    const unsigned mod = (unsigned)rng_below(m->rng, 3);
    if (m->row->traits & ROW_VSIB) m->rm = 4;
    put(m, mod << 6 | (unsigned)m->reg << 3 | m->rm);
    if (m->rm == 4) put(m, sib);
    const bool no_base = mod == 0 && (m->rm == 5 || (m->rm == 4 && (sib & 7) == 5));
    put_random(m, mod == 1 ? 1 : mod == 2 || no_base ? 4 : 0);
}

static unsigned operand_size(const struct maker *m) {
    switch (m->row->size_rule) {
    case SIZE_RULE_8:
        return 1;
    case SIZE_RULE_Y:
        return m->w ? 8 : 4;
    case SIZE_RULE_F64:
        return 8;
    case SIZE_RULE_D64:
        return m->w || !m->has_66 ? 8 : 2;
    default:
        return m->w ? 8 : m->has_66 ? 2 : 4;
    }
}

static void put_immediates(struct maker *m) {
    for (unsigned i = 0; i < m->row->n_operands; i++) {
        const struct operand_spec *spec = &operand_specs[m->row->operand[i].spec];
        unsigned size = spec->reg_size;
        if (spec->method == METHOD_MOFFS)
            size = m->has_67 ? 4 : 8;
        else if (!method_is_immediate(spec->method))
            continue;
        else if (spec->method == METHOD_IS4)
            size = 1;
        else if (size == SIZE_V)
            size = operand_size(m);
        else if (size == SIZE_Z)
            size = operand_size(m) < 4 ? operand_size(m) : 4;
        put_random(m, size);
    }
}

static void make(struct maker *m, enum form_mod mod) {
    choose_fields(m, mod);
    const unsigned sib = choose_sib(m);
    if (m->row->space >= SPACE_VEX_0F)
        put_opcode_vex(m);
    else
        put_opcode_legacy(m);
    put(m,
        (unsigned)(m->row->opcode + rng_below(m->rng, m->row->last_opcode - m->row->opcode + 1u)));
    if (m->memory)
        put_memory(m, sib);
    else if (m->row->modrm == MODRM_REGISTER)
        put(m, (unsigned)rng_below(m->rng, 4) << 6 | (unsigned)m->reg << 3 | m->rm);
    else if (m->row->modrm == MODRM_PRESENT)
        put(m, 0xc0u | (unsigned)m->reg << 3 | m->rm);
    put_immediates(m);
}

int form_bytes_mod(uint16_t form, struct rng *rng, enum form_mod mod,
                   uint8_t bytes[INSN_MAX_LENGTH]) {
    const struct form_row *row = &form_rows[form];
    const uint32_t wanted = mod == FORM_MOD_MEMORY ? ACCEPT_MEM : ACCEPT_REG;
    if (mod != FORM_MOD_ANY && (row->modrm == MODRM_NONE || !(row->accepts & wanted))) return 0;
    struct maker m;
    do {
        m = (struct maker){.rng = rng, .row = row};
        make(&m, mod);
    } while (m.n > INSN_MAX_LENGTH);
    memcpy(bytes, m.bytes, m.n);
    return (int)m.n;
}

int form_bytes(uint16_t form, struct rng *rng, uint8_t bytes[INSN_MAX_LENGTH]) {
    return form_bytes_mod(form, rng, FORM_MOD_ANY, bytes);
}
