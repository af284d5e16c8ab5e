/* SPDX-License-Identifier: ISC */
/* PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM 2, chapter 4.1 "Imm8 control byte operation"). a is the set, the ranges or
 * the needle; b the string that result bits stand for. Elements past the end of a string are invalid.
 * Uop: dst a, src2 b, imm8 control, size bytes of the length registers (0: strings end in zero), src bits of enum form. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

#include "cpu/flags.h"

enum form { FORM_MASK = 1, FORM_VEX = 2 };
enum control { CONTROL_WORDS = 1, CONTROL_SIGNED = 2, CONTROL_NEGATE = 0x10, CONTROL_VALID_ONLY = 0x20, CONTROL_LAST = 0x40 };
enum aggregation { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

struct string {
    int32_t element[16];
    unsigned length; /* valid elements */
};

struct comparison {
    struct string a, b;
    unsigned n; /* elements in a register: 8 or 16 */
};

static int32_t element(const union vec *v, unsigned i, unsigned imm8) {
    switch (imm8 & (CONTROL_WORDS | CONTROL_SIGNED)) {
    case 0: return v->u8[i];
    case CONTROL_WORDS: return v->u16[i];
    case CONTROL_SIGNED: return v->i8[i];
    default: return v->i16[i];
    }
}

/* limit: valid elements at most; a zero ends the string earlier if implicit. */
static void load_string(struct string *s, const union vec *v, unsigned n, unsigned limit, bool implicit, unsigned imm8) {
    s->length = limit;
    for (unsigned i = 0; i < n; i++) s->element[i] = element(v, i, imm8);
    for (unsigned i = 0; implicit && i < s->length; i++)
        if (s->element[i] == 0) s->length = i;
}

static bool in_set(const struct comparison *c, unsigned i) {
    for (unsigned j = 0; j < c->a.length; j++)
        if (c->a.element[j] == c->b.element[i]) return i < c->b.length;
    return false;
}

static bool in_ranges(const struct comparison *c, unsigned i) {
    const int32_t x = c->b.element[i];
    for (unsigned j = 0; j + 1 < c->a.length; j += 2)
        if (c->a.element[j] <= x && x <= c->a.element[j + 1]) return i < c->b.length;
    return false;
}

static bool is_equal(const struct comparison *c, unsigned i) {
    const bool valid_a = i < c->a.length, valid_b = i < c->b.length;
    if (valid_a && valid_b) return c->a.element[i] == c->b.element[i];
    return valid_a == valid_b;
}

/* The needle may run over the end of the register, but not over the end of the string. */
static bool begins_at(const struct comparison *c, unsigned i) {
    for (unsigned j = 0; j < c->a.length && i + j < c->n; j++)
        if (i + j >= c->b.length || c->a.element[j] != c->b.element[i + j]) return false;
    return true;
}

static unsigned aggregate(const struct comparison *c, unsigned imm8) {
    static bool (*const test[4])(const struct comparison *c, unsigned i) = {in_set, in_ranges, is_equal, begins_at};
    unsigned bits = 0;
    for (unsigned i = 0; i < c->n; i++) bits |= (unsigned)test[imm8 >> 2 & 3](c, i) << i;
    if (imm8 & CONTROL_NEGATE) bits ^= imm8 & CONTROL_VALID_ONLY ? (1u << c->b.length) - 1 : (1u << c->n) - 1;
    return bits;
}

/* A length register: its magnitude, at most n. */
static unsigned length_of(uint64_t value, unsigned size, unsigned n) {
    const int64_t x = size == 8 ? (int64_t)value : (int32_t)value;
    const uint64_t magnitude = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    return magnitude > n ? n : (unsigned)magnitude;
}

static void store_mask(struct cpu *cpu, const struct uop *u, unsigned bits, unsigned n) {
    union vec *to = &cpu->state.ymm[0];
    const bool wide = u->imm8 & CONTROL_LAST; /* a whole element for each bit */
    to->u64[0] = wide ? 0 : bits;
    to->u64[1] = 0;
    for (unsigned i = 0; wide && i < n; i++) {
        if (n == 16)
            to->u8[i] = bits >> i & 1 ? 0xff : 0;
        else
            to->u16[i] = bits >> i & 1 ? 0xffff : 0;
    }
    if (u->src & FORM_VEX) to->u64[2] = to->u64[3] = 0;
}

static void finish(struct cpu *cpu, const struct uop *u, const struct comparison *c, unsigned bits) {
    const unsigned n = c->n;
    if (u->src & FORM_MASK)
        store_mask(cpu, u, bits, n);
    else if (bits == 0)
        cpu->state.gpr[RCX] = n;
    else
        cpu->state.gpr[RCX] = (unsigned)(u->imm8 & CONTROL_LAST ? 31 - __builtin_clz(bits) : __builtin_ctz(bits));
    rflags_set_arith(&cpu->state, (bits ? RFLAGS_CF : 0) | (c->b.length < n ? RFLAGS_ZF : 0) |
                                      (c->a.length < n ? RFLAGS_SF : 0) | (bits & 1 ? RFLAGS_OF : 0));
}

static void compare(struct cpu *cpu, const struct uop *u, const union vec *b) {
    struct comparison c = {.n = u->imm8 & CONTROL_WORDS ? 8 : 16};
    const bool implicit = u->size == 0;
    const uint64_t *gpr = cpu->state.gpr;
    load_string(&c.a, &cpu->state.ymm[u->dst], c.n, implicit ? c.n : length_of(gpr[RAX], u->size, c.n), implicit, u->imm8);
    load_string(&c.b, b, c.n, implicit ? c.n : length_of(gpr[RDX], u->size, c.n), implicit, u->imm8);
    finish(cpu, u, &c, aggregate(&c, u->imm8));
}

static const struct uop *pcmpstr_reg(struct cpu *cpu, const struct uop *u) {
    compare(cpu, u, &cpu->state.ymm[u->src2]);
    return u + 1;
}

static const struct uop *pcmpstr_mem(struct cpu *cpu, const struct uop *u) {
    union vec b;
    if (!mem_read(cpu, uop_address(cpu, u), &b, 16)) return uop_raise_memory(cpu, u);
    compare(cpu, u, &b);
    return u + 1;
}

int lower_vec_pcmpstr(const struct insn *insn, struct uop *u) {
    const bool is_explicit = insn->op == OP_PCMPESTRI || insn->op == OP_PCMPESTRM;
    const bool mask = insn->op == OP_PCMPESTRM || insn->op == OP_PCMPISTRM;
    const struct operand *b = &insn->operand[1];
    u->dst = insn->operand[0].reg;
    u->src = (uint8_t)((mask ? FORM_MASK : 0) | (insn->vex ? FORM_VEX : 0));
    u->size = is_explicit ? (uint8_t)insn->operand[3].size : 0; /* of rAX */
    if (b->kind == OPERAND_REG) u->src2 = b->reg;
    u->fn = b->kind == OPERAND_MEM ? pcmpstr_mem : pcmpstr_reg;
    return LOWER_NEXT;
}
