/* SPDX-License-Identifier: ISC */
/* The structure of a program: functions, then the main part, both of straight code, branches, loops with bounded counts, calls,
 * jumps through registers, memory and tables, and stack traffic. Invariant: all flags are defined wherever control flow meets. */
#include "tests/jit/generator.h"
#include "tests/differential/random_state.h"

#include <string.h>

static bool writes_reserved(const struct generator *g, const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        const struct operand *o = &insn->operand[i];
        if (o->kind == OPERAND_REG && o->reg_class == REG_GPR && (o->access & ACCESS_WRITE) && g->reserved >> o->reg & 1)
            return true;
    }
    return false;
}

bool generator_put(struct generator *g, const void *bytes, unsigned n, enum put why) {
    struct program *p = g->program;
    struct insn insn;
    if (decode(bytes, n, &insn) != (int)n) return false;
    if (why == PUT_OPTIONAL && (writes_reserved(g, &insn) || p->n_bytes + 1000 > CODE_SIZE || p->n + 150 > PROGRAM_MAX_INSNS))
        return false;
    const struct form_info *info = form_info(insn.form);
    if (info->flags_read & FLAGS_ALL & ~(unsigned)g->valid) return false;
    p->insn[p->n++] = (struct program_insn){.at = (uint16_t)p->n_bytes, .length = (uint16_t)n, .valid = g->valid,
                                            .leader = g->is_new_block, .fixed = why == PUT_FIXED};
    g->is_new_block = false;
    memcpy(p->start.code + p->n_bytes, bytes, n);
    p->n_bytes += n;
    g->valid = (uint16_t)((g->valid | (info->flags_written & ~info->flags_maybe)) & ~info->flags_undefined & FLAGS_ALL);
    if (g->left) g->left--;
    return true;
}

#define PUT(g, ...)                                                                                      \
    do {                                                                                                 \
        const uint8_t bytes_[] = {__VA_ARGS__};                                                          \
        generator_put(g, bytes_, sizeof bytes_, PUT_FIXED);                                                   \
    } while (0)
#define BYTES4(x) (uint8_t)(x), (uint8_t)((x) >> 8), (uint8_t)((x) >> 16), (uint8_t)((x) >> 24)

void generator_define_flags(struct generator *g) {
    const unsigned a = (unsigned)rng_below(&g->rng, 8), b = (unsigned)rng_below(&g->rng, 8);
    const uint8_t compare[] = {0x48, 0x39, (uint8_t)(0xc0 | a << 3 | b)}, immediate[] = {0x83, (uint8_t)(0xf8 | a), (uint8_t)rng_next(&g->rng)},
                  subtract[] = {0x49, 0x29, (uint8_t)(0xc0 | a << 3 | b)}, negate[] = {0xf7, (uint8_t)(0xd8 | a)};
    switch (rng_below(&g->rng, 4)) {
    case 0: if (generator_put(g, immediate, sizeof immediate, PUT_OPTIONAL)) return; break;
    case 1: if (generator_put(g, subtract, sizeof subtract, PUT_OPTIONAL)) return; break;
    case 2: if (generator_put(g, negate, sizeof negate, PUT_OPTIONAL)) return; break;
    default: break;
    }
    generator_put(g, compare, sizeof compare, PUT_NEEDED);
}

void generator_set(struct generator *g, unsigned reg, uint64_t value) {
    uint8_t wide[10] = {(uint8_t)(0x48 | reg >> 3), (uint8_t)(0xb8 | (reg & 7))};
    uint8_t narrow[6] = {(uint8_t)(0x40 | reg >> 3), (uint8_t)(0xb8 | (reg & 7))};
    memcpy(wide + 2, &value, 8);
    memcpy(narrow + 2, &value, 4);
    if (value >> 32 || one_in(g, 3)) generator_put(g, wide, 10, PUT_NEEDED);
    else generator_put(g, reg >> 3 ? narrow : narrow + 1, reg >> 3 ? 6 : 5, PUT_NEEDED);
}

static unsigned free_register(struct generator *g) {
    for (;;) {
        const unsigned reg = (unsigned)rng_below(&g->rng, 16);
        if (!(g->reserved >> reg & 1)) return reg;
    }
}

/* Control flow meets here. */
static void settle(struct generator *g) {
    if (g->valid != FLAGS_ALL) generator_define_flags(g);
}

static void begin_block(struct generator *g) {
    settle(g);
    g->is_new_block = true;
}

/* 4 bytes at `at` become the distance from their end to here. */
static void lead_here(struct generator *g, unsigned at) {
    const int32_t distance = (int32_t)(g->program->n_bytes - (at + 4));
    memcpy(g->program->start.code + at, &distance, 4);
    g->is_new_block = true;
}

/* A new word of the control page. */
static uint64_t control_word(struct generator *g, uint64_t value) {
    const uint64_t at = CONTROL_GVA + g->n_control;
    memcpy(g->program->start.control + g->n_control, &value, 8);
    g->n_control += 8;
    return at;
}

static void body(struct generator *g, unsigned n);

static bool has_room(const struct generator *g) {
    return g->left > 20 && g->program->n_bytes + 1500 < CODE_SIZE && g->n_control + 128 < CONTROL_SIZE && g->program->n + 200 < PROGRAM_MAX_INSNS;
}

static void branch(struct generator *g) {
    settle(g);
    PUT(g, 0x0f, (uint8_t)(0x80 | rng_below(&g->rng, 16)), 0, 0, 0, 0);
    const unsigned taken = g->program->n_bytes - 4;
    body(g, 1 + (unsigned)rng_below(&g->rng, 6));
    settle(g);
    if (one_in(g, 2)) {
        lead_here(g, taken);
        return;
    }
    PUT(g, 0xe9, 0, 0, 0, 0);
    const unsigned over = g->program->n_bytes - 4;
    lead_here(g, taken);
    body(g, 1 + (unsigned)rng_below(&g->rng, 6));
    settle(g);
    lead_here(g, over);
}

/* A branch with a byte as distance, over one or two instructions. */
static void short_branch(struct generator *g) {
    settle(g);
    PUT(g, (uint8_t)(0x70 | rng_below(&g->rng, 16)), 0);
    const unsigned at = g->program->n_bytes;
    generator_common_insn(g);
    if (one_in(g, 2)) generator_common_insn(g);
    settle(g);
    g->program->start.code[at - 1] = (uint8_t)(g->program->n_bytes - at);
    g->is_new_block = true;
}

/* Jcc back to `top`, short if it can be. */
static void branch_back(struct generator *g, unsigned cc, unsigned top) {
    const int32_t near = (int32_t)(top - (g->program->n_bytes + 6)), close = (int32_t)(top - (g->program->n_bytes + 2));
    if (close >= -128) PUT(g, (uint8_t)(0x70 | cc), (uint8_t)close);
    else PUT(g, 0x0f, (uint8_t)(0x80 | cc), BYTES4(near));
    g->is_new_block = true;
}

static void loop_in_memory(struct generator *g) {
    const uint64_t word = control_word(g, 0);
    PUT(g, 0xc7, 0x04, 0x25, BYTES4(word), (uint8_t)(1 + rng_below(&g->rng, 5)), 0, 0, 0);
    begin_block(g);
    const unsigned top = g->program->n_bytes;
    body(g, 2 + (unsigned)rng_below(&g->rng, 10));
    settle(g);
    PUT(g, 0xff, 0x0c, 0x25, BYTES4(word));
    branch_back(g, 5, top);
}

static void loop_in_register(struct generator *g) {
    const unsigned reg = one_in(g, 3) && !(g->reserved >> RCX & 1) ? RCX : free_register(g);
    const uint32_t reserved = g->reserved;
    generator_set(g, reg, 1 + rng_below(&g->rng, 12));
    g->reserved |= 1u << reg;
    begin_block(g);
    const unsigned top = g->program->n_bytes;
    body(g, 1 + (unsigned)rng_below(&g->rng, 8));
    settle(g);
    const int32_t close = (int32_t)(top - (g->program->n_bytes + 2));
    if (reg == RCX && close >= -128 && one_in(g, 2)) {
        PUT(g, 0xe2, (uint8_t)close);
        g->is_new_block = true;
    } else {
        PUT(g, (uint8_t)(0x48 | reg >> 3), 0xff, (uint8_t)(0xc8 | (reg & 7)));
        branch_back(g, 5, top);
    }
    g->reserved = reserved;
}

static void loop(struct generator *g) {
    if (g->depth >= 3) return;
    g->depth++;
    if (one_in(g, 2)) loop_in_memory(g);
    else loop_in_register(g);
    g->depth--;
}

static uint32_t base_reserved(const struct generator *g) {
    return 1u << RSP | 1u << g->index | 1u << g->pointer[0] | 1u << g->pointer[1];
}

static void push_register(struct generator *g, unsigned reg) {
    if (reg >= 8) PUT(g, 0x41, (uint8_t)(0x50 | (reg & 7)));
    else PUT(g, (uint8_t)(0x50 | reg));
}

/* Functions keep the base registers only. */
static void call(struct generator *g) {
    if (!g->n_functions || g->reserved != base_reserved(g)) return;
    const unsigned i = (unsigned)rng_below(&g->rng, g->n_functions), reg = free_register(g);
    for (unsigned k = 0; k < g->function_pops[i]; k += 8) push_register(g, free_register(g));
    const uint64_t word = control_word(g, g->function[i]);
    settle(g);
    switch (rng_below(&g->rng, 4)) {
    case 0:
        generator_set(g, reg, g->function[i]);
        if (reg >= 8) PUT(g, 0x41, 0xff, (uint8_t)(0xd0 | (reg & 7)));
        else PUT(g, 0xff, (uint8_t)(0xd0 | reg));
        break;
    case 1: PUT(g, 0xff, 0x14, 0x25, BYTES4(word)); break;
    case 2: PUT(g, 0xff, 0x15, BYTES4(word - (generator_pc(g) + 6))); break;
    default: PUT(g, 0xe8, BYTES4(g->function[i] - (generator_pc(g) + 5)));
    }
    g->is_new_block = true;
}

/* jmp [table + reg * 8] */
static void jump_table(struct generator *g) {
    const unsigned reg = free_register(g), n = one_in(g, 2) ? 2 : 4;
    unsigned over[4];
    if (reg >= 8) PUT(g, 0x41, 0x83, (uint8_t)(0xe0 | (reg & 7)), (uint8_t)(n - 1));
    else PUT(g, 0x83, (uint8_t)(0xe0 | reg), (uint8_t)(n - 1));
    const uint64_t table = CONTROL_GVA + g->n_control;
    for (unsigned i = 0; i < n; i++) control_word(g, 0);
    settle(g);
    if (reg >= 8) PUT(g, 0x42, 0xff, 0x24, (uint8_t)(0xc5 | (reg & 7) << 3), BYTES4(table));
    else PUT(g, 0xff, 0x24, (uint8_t)(0xc5 | reg << 3), BYTES4(table));
    for (unsigned i = 0; i < n; i++) {
        const uint64_t here = generator_pc(g);
        memcpy(g->program->start.control + (table - CONTROL_GVA) + 8 * i, &here, 8);
        g->is_new_block = true;
        g->valid = FLAGS_ALL;
        body(g, 1 + (unsigned)rng_below(&g->rng, 3));
        settle(g);
        PUT(g, 0xe9, 0, 0, 0, 0);
        over[i] = g->program->n_bytes - 4;
    }
    for (unsigned i = 0; i < n; i++) lead_here(g, over[i]);
}

/* Ways to go on a little further ahead, over bytes that are no code. */
static void jump_ahead(struct generator *g) {
    const unsigned reg = free_register(g), junk = (unsigned)rng_below(&g->rng, 6), lea = reg >= 8 ? 0x4c : 0x48;
    unsigned at = 0;
    settle(g);
    const unsigned kind = (unsigned)rng_below(&g->rng, 4);
    if (kind != 0) {
        PUT(g, (uint8_t)lea, 0x8d, (uint8_t)(5 | (reg & 7) << 3), 0, 0, 0, 0);
        at = g->program->n_bytes - 4;
    }
    if (kind == 0) {
        PUT(g, 0xe9, 0, 0, 0, 0);
        at = g->program->n_bytes - 4;
    } else if (kind == 1) {
        push_register(g, reg);
        PUT(g, 0xc3);
    } else if (reg >= 8) {
        PUT(g, 0x41, 0xff, (uint8_t)(0xe0 | (reg & 7)));
    } else {
        PUT(g, 0xff, (uint8_t)(0xe0 | reg));
    }
    for (unsigned i = 0; i < junk; i++) g->program->start.code[g->program->n_bytes++] = (uint8_t)rng_next(&g->rng);
    lead_here(g, at);
}

static void stack_pair(struct generator *g) {
    const unsigned to = free_register(g);
    push_register(g, (unsigned)rng_below(&g->rng, 16));
    body(g, (unsigned)rng_below(&g->rng, 4));
    if (to >= 8) PUT(g, 0x41, (uint8_t)(0x58 | (to & 7)));
    else PUT(g, (uint8_t)(0x58 | to));
}

static void stack_frame(struct generator *g) {
    PUT(g, 0x48, 0x83, 0xec, 24);
    body(g, (unsigned)rng_below(&g->rng, 4));
    PUT(g, 0x48, 0x83, 0xc4, 24);
}

static void flags_on_stack(struct generator *g) {
    const unsigned to = (unsigned)rng_below(&g->rng, 8);
    if (g->reserved >> to & 1) return;
    settle(g);
    PUT(g, 0x9c);
    if (one_in(g, 2)) PUT(g, (uint8_t)(0x58 | to));
    else {
        generator_common_insn(g);
        settle(g);
        PUT(g, 0x9d);
        g->valid = FLAGS_ALL;
        g->is_new_block = true;
    }
}

/* mov dword [rip + x], value: the constant of an instruction ahead. */
static void patch_ahead(struct generator *g) {
    const unsigned reg = (unsigned)rng_below(&g->rng, 8);
    if (g->reserved >> reg & 1 || !one_in(g, 4)) return;
    const uint32_t value = (uint32_t)rng_next(&g->rng);
    PUT(g, 0xc7, 0x05, 0, 0, 0, 0, BYTES4(value));
    const unsigned at = g->program->n_bytes - 8;
    if (one_in(g, 2)) generator_common_insn(g);
    const int32_t distance = (int32_t)(g->program->n_bytes + 1 - (at + 8));
    memcpy(g->program->start.code + at, &distance, 4);
    PUT(g, (uint8_t)(0xb8 | reg), 1, 2, 3, 4);
}

static void body(struct generator *g, unsigned n) {
    static void (*const structures[])(struct generator *) = {
        branch, branch, branch, short_branch, short_branch, loop, loop, loop, call, call, call, jump_table, jump_ahead, stack_pair,
        stack_pair, stack_frame, flags_on_stack, patch_ahead};
    for (; n && g->left; n--) {
        const unsigned kind = (unsigned)rng_below(&g->rng, 16);
        if (kind < 9) generator_common_insn(g);
        else if (kind < 13 || !has_room(g)) generator_any_insn(g);
        else structures[rng_below(&g->rng, sizeof structures / sizeof structures[0])](g);
    }
}

static void function(struct generator *g) {
    const unsigned i = g->n_functions, pops = one_in(g, 3) ? 16 : 0;
    const uint64_t start = generator_pc(g);
    g->valid = FLAGS_ALL;
    g->is_new_block = true;
    PUT(g, 0x48, 0x83, 0xec, FRAME_SIZE);
    body(g, 3 + (unsigned)rng_below(&g->rng, 12));
    PUT(g, 0x48, 0x83, 0xc4, FRAME_SIZE);
    if (pops) PUT(g, 0xc2, (uint8_t)pops, 0);
    else PUT(g, 0xc3);
    g->function[i] = start;
    g->function_pops[i] = (uint8_t)pops;
    g->n_functions++;
}

static void choose_registers(struct generator *g) {
    static const uint8_t choices[] = {RBP, R8, R9, R10, R11, R12, R13, R14, R15};
    g->pointer[0] = choices[rng_below(&g->rng, 9)];
    do g->pointer[1] = choices[rng_below(&g->rng, 9)];
    while (g->pointer[1] == g->pointer[0]);
    do g->index = choices[rng_below(&g->rng, 9)];
    while (g->index == g->pointer[0] || g->index == g->pointer[1]);
    g->reserved = base_reserved(g);
}

static void make_start(struct generator *g) {
    struct program_state *s = &g->program->start;
    static struct instance instance;
    const struct insn none = {0};
    random_state(&g->rng, &none, &instance);
    memcpy(s->gpr, instance.before.gpr, sizeof s->gpr);
    memcpy(s->xsave, instance.before.xsave, sizeof s->xsave);
    for (unsigned at = 0; at < ARENA_SIZE; at += DATA_SIZE) memcpy(s->arena + at, instance.before.data, DATA_SIZE);
    for (unsigned at = 0; at < STACK_SIZE; at += 8) memcpy(s->stack + at, &(uint64_t){rng_next(&g->rng)}, 8);
    s->rflags = instance.before.rflags & ~0x400ull;
    s->gpr[RSP] = STACK_START;
    s->gpr[g->pointer[0]] = POINTER_VALUE(0);
    s->gpr[g->pointer[1]] = POINTER_VALUE(1);
    s->gpr[g->index] = INDEX_VALUE;
    s->fs_base = ARENA_GVA + 0x100;
    s->gs_base = 0x40;
    s->xsave[25] |= 0x1f; /* exceptions masked: a difference of AMD's and Intel's is in those that are not */
    s->xsave[24] |= 0x80;
    if (one_in(g, 8)) return;
    s->xsave[0] |= 0x3f;
    s->xsave[2] &= 0x7f;
    s->xsave[3] &= 0x7f;
}

void program_make(struct program *program, uint64_t seed, unsigned size) {
    struct generator g = {.program = program};
    memset(program, 0, sizeof *program);
    program->seed = seed;
    rng_init(&g.rng, seed);
    choose_registers(&g);
    make_start(&g);
    memset(program->start.code, 0xcc, CODE_SIZE);
    const unsigned n_functions = (unsigned)rng_below(&g.rng, 4);
    for (unsigned i = 0; i < n_functions; i++) {
        g.left = size / 3 + 20;
        function(&g);
    }
    g.left = size + 20;
    g.valid = FLAGS_ALL;
    g.is_new_block = true;
    program->start.rip = generator_pc(&g);
    body(&g, size);
    settle(&g);
    PUT(&g, 0x0f, 0x05);
    program->end = generator_pc(&g);
}
