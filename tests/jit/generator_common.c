/* SPDX-License-Identifier: ISC */
/* Instructions as compilers make them, with registers and short addresses chosen here. */
#include "tests/jit/generator.h"

#include <string.h>

struct bytes {
    uint8_t at[16];
    unsigned n;
};

static void add(struct bytes *b, unsigned byte) {
    b->at[b->n++] = (uint8_t)byte;
}

static void add_number(struct bytes *b, int64_t value, unsigned size) {
    memcpy(b->at + b->n, &value, size);
    b->n += size;
}

static unsigned any_register(struct generator *g) {
    for (;;) {
        const unsigned reg = (unsigned)rng_below(&g->rng, 16);
        if (!(g->reserved >> reg & 1)) return reg;
    }
}

/* An address: pointer + disp, pointer + index * scale + disp, RSP + disp, or RIP-relative. */
struct address {
    unsigned base, index, scale;
    int disp;
    bool relative;
};

static struct address any_address(struct generator *g) {
    struct address a = {.base = g->pointer[rng_below(&g->rng, 2)], .index = 16};
    a.disp = (int)rng_below(&g->rng, 3) ? (int)rng_below(&g->rng, 256) - 128 : (int)rng_below(&g->rng, 4096) - 2048;
    if (!one_in(g, 3)) a.disp &= ~15;
    const unsigned kind = (unsigned)rng_below(&g->rng, 8);
    if (kind == 0) a.relative = true;
    if (kind == 1 || kind == 2) a.index = g->index, a.scale = (unsigned)rng_below(&g->rng, 4);
    if (kind == 3) a.base = RSP, a.disp = (int)rng_below(&g->rng, 96) - 56;
    return a;
}

static void add_address(struct generator *g, struct bytes *b, unsigned reg, const struct address *a, unsigned immediate) {
    const unsigned reg3 = (reg & 7) << 3;
    if (a->relative) {
        add(b, reg3 | 5);
        const uint64_t target = ARENA_GVA + ARENA_SIZE / 2 + (uint64_t)(int64_t)a->disp;
        add_number(b, (int64_t)(target - (generator_pc(g) + b->n + 4 + immediate)), 4);
        return;
    }
    const bool sib = a->index < 16 || (a->base & 7) == RSP, short_disp = a->disp >= -128 && a->disp < 128;
    const unsigned mod = a->disp == 0 && (a->base & 7) != RBP ? 0 : short_disp ? 1 : 2;
    add(b, mod << 6 | reg3 | (sib ? 4 : a->base & 7));
    if (sib) add(b, a->scale << 6 | (a->index < 16 ? a->index & 7 : 4) << 3 | (a->base & 7));
    if (mod) add_number(b, a->disp, mod == 1 ? 1 : 4);
}

/* [66] [REX] opcode ModRM with rm a register or memory; escape: 0, 0x0f. */
struct shape {
    unsigned prefix, escape, opcode, reg, immediate; /* immediate: its size */
    bool wide, memory, byte;
};

static void put_shape(struct generator *g, const struct shape *s, unsigned rm) {
    struct bytes b = {.n = 0};
    const struct address a = any_address(g);
    if (s->prefix) add(&b, s->prefix);
    unsigned rex = (s->wide ? 8u : 0) | (s->reg & 8 ? 4u : 0);
    if (!s->memory) rex |= rm & 8 ? 1u : 0;
    else if (!a.relative) rex |= (a.base & 8 ? 1u : 0) | (a.index < 16 && a.index & 8 ? 2u : 0);
    if (rex || s->byte) add(&b, 0x40 | rex);
    if (s->escape) add(&b, s->escape);
    add(&b, s->opcode);
    if (s->memory) add_address(g, &b, s->reg, &a, s->immediate);
    else add(&b, 0xc0 | (s->reg & 7) << 3 | (rm & 7));
    if (s->immediate) add_number(&b, (int64_t)rng_next(&g->rng), s->immediate);
    generator_put(g, b.at, b.n, PUT_OPTIONAL);
}

static void arithmetic(struct generator *g) {
    struct shape s = {.wide = one_in(g, 2), .memory = one_in(g, 2), .reg = any_register(g)};
    const unsigned op = (unsigned)rng_below(&g->rng, 8) * 8;
    const unsigned width = (unsigned)rng_below(&g->rng, 6);
    s.byte = width == 0;
    s.prefix = width == 1 ? 0x66 : 0;
    s.opcode = op | (one_in(g, 2) ? 2 : 0) | (s.byte ? 0 : 1);
    put_shape(g, &s, any_register(g));
}

static void arithmetic_immediate(struct generator *g) {
    struct shape s = {.opcode = 0x83, .immediate = 1, .wide = one_in(g, 2), .memory = one_in(g, 3)};
    s.reg = (unsigned)rng_below(&g->rng, 8);
    if (one_in(g, 3)) s.opcode = 0x81, s.immediate = 4;
    put_shape(g, &s, any_register(g));
}

static void shift(struct generator *g) {
    struct shape s = {.opcode = 0xc1, .immediate = 1, .wide = one_in(g, 2), .memory = one_in(g, 4)};
    s.reg = (unsigned[]){0, 1, 4, 5, 7}[rng_below(&g->rng, 5)];
    if (one_in(g, 3)) s.opcode = one_in(g, 2) ? 0xd1 : 0xd3, s.immediate = 0;
    put_shape(g, &s, any_register(g));
}

static void move(struct generator *g) {
    struct shape s = {.opcode = one_in(g, 2) ? 0x8b : 0x89, .wide = !one_in(g, 3), .memory = !one_in(g, 3), .reg = any_register(g)};
    if (one_in(g, 8)) s.opcode -= 1, s.byte = true;
    put_shape(g, &s, any_register(g));
}

static void move_extended(struct generator *g) {
    struct shape s = {.escape = 0x0f, .opcode = (unsigned[]){0xb6, 0xb7, 0xbe, 0xbf}[rng_below(&g->rng, 4)], .byte = true};
    s.wide = one_in(g, 2);
    s.memory = one_in(g, 2);
    s.reg = any_register(g);
    put_shape(g, &s, any_register(g));
}

static void address(struct generator *g) {
    put_shape(g, &(struct shape){.opcode = 0x8d, .wide = !one_in(g, 4), .memory = true, .reg = any_register(g)}, 0);
}

static void condition(struct generator *g) {
    const unsigned cc = (unsigned)rng_below(&g->rng, 16);
    if (g->valid != FLAGS_ALL) generator_define_flags(g);
    if (one_in(g, 2)) {
        put_shape(g, &(struct shape){.escape = 0x0f, .opcode = 0x90 | cc, .byte = true, .memory = one_in(g, 4)}, any_register(g));
    } else {
        put_shape(g, &(struct shape){.escape = 0x0f, .opcode = 0x40 | cc, .wide = one_in(g, 2), .memory = one_in(g, 4),
                                     .reg = any_register(g)}, any_register(g));
    }
}

static void one_operand(struct generator *g) {
    const unsigned kind = (unsigned)rng_below(&g->rng, 5);
    struct shape s = {.wide = one_in(g, 2), .memory = one_in(g, 4)};
    if (kind < 2) s.opcode = 0xff, s.reg = kind; /* INC, DEC */
    else s.opcode = 0xf7, s.reg = kind == 4 ? 2 : kind; /* NOT, NEG */
    put_shape(g, &s, any_register(g));
}

static void multiply(struct generator *g) {
    struct shape s = {.escape = 0x0f, .opcode = 0xaf, .wide = one_in(g, 2), .memory = one_in(g, 3), .reg = any_register(g)};
    if (one_in(g, 3)) s.escape = 0, s.opcode = 0x69, s.immediate = 4;
    put_shape(g, &s, any_register(g));
}

static void test_bits(struct generator *g) {
    put_shape(g, &(struct shape){.opcode = 0x85, .wide = one_in(g, 2), .memory = one_in(g, 3), .reg = any_register(g)},
              any_register(g));
}

static void vector(struct generator *g) {
    static const uint8_t moves[] = {0x10, 0x11}, packed[] = {0x58, 0x59, 0x5c, 0x54, 0x57, 0x14};
    static const uint8_t integer[] = {0xfe, 0xd4, 0xef, 0xdb, 0xeb, 0xfa, 0x62, 0x6c};
    struct shape s = {.escape = 0x0f, .memory = one_in(g, 2), .reg = (unsigned)rng_below(&g->rng, 16)};
    const unsigned kind = (unsigned)rng_below(&g->rng, 4);
    if (kind < 2) s.opcode = moves[rng_below(&g->rng, 2)];
    else if (kind == 2) s.opcode = packed[rng_below(&g->rng, 6)], s.memory = false;
    else s.prefix = 0x66, s.opcode = integer[rng_below(&g->rng, 8)], s.memory = false;
    put_shape(g, &s, (unsigned)rng_below(&g->rng, 16));
}

static void scalar_double(struct generator *g) {
    static const uint8_t ops[] = {0x10, 0x11, 0x58, 0x59, 0x5c, 0x5e, 0x51, 0x5d};
    put_shape(g, &(struct shape){.prefix = 0xf2, .escape = 0x0f, .opcode = ops[rng_below(&g->rng, 8)], .memory = one_in(g, 2),
                                 .reg = (unsigned)rng_below(&g->rng, 16)}, (unsigned)rng_below(&g->rng, 16));
}

static void constant(struct generator *g) {
    const uint64_t value = rng_next(&g->rng) >> rng_below(&g->rng, 64);
    generator_set(g, any_register(g), value);
}

void generator_common_insn(struct generator *g) {
    static void (*const kinds[])(struct generator *) = {
        arithmetic, arithmetic, arithmetic, arithmetic_immediate, arithmetic_immediate, shift, move, move, move, move,
        move_extended, address, condition, one_operand, multiply, test_bits, vector, scalar_double, constant};
    kinds[rng_below(&g->rng, sizeof kinds / sizeof kinds[0])](g);
}
