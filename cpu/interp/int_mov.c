/* SPDX-License-Identifier: ISC */
/* MOV MOVZX MOVSX MOVSXD LEA XCHG BSWAP MOVBE CBW CWD CMOVCC SETCC: moves between registers and memory. Memory forms
 * have a variant for addresses without an index. */
#include "cpu/interp/locked.h"
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

/* The three address forms: base + displacement (most of all), base + index + displacement, and everything. */
static ALWAYS_INLINE uint64_t address_b(const struct cpu *cpu, const struct uop *u) {
    return cpu->state.gpr[u->base] + (uint64_t)u->disp;
}

static ALWAYS_INLINE uint64_t address_i(const struct cpu *cpu, const struct uop *u) {
    return cpu->state.gpr[u->base] + cpu->state.gpr[u->index] + (uint64_t)u->disp;
}

static ALWAYS_INLINE uint64_t address_x(const struct cpu *cpu, const struct uop *u) {
    return uop_address(cpu, u);
}

#define MOV_REG(size)                                                                                              \
    HANDLER(mov_rr##size) {                                                                                        \
        reg_set(&cpu->state, u->dst, size, reg_get(&cpu->state, u->src, size));                                    \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(mov_ri##size) {                                                                                        \
        reg_set(&cpu->state, u->dst, size, (uint64_t)u->imm);                                                      \
        NEXT(cpu, u);                                                                                              \
    }

/* dst = extend(memory of `from` bytes), `to` bytes wide. */
#define LOAD(name, from, to, extend)                                                                               \
    SLOW_HANDLER(name##_slow) {                                                                                    \
        uint64_t v;                                                                                                \
        if (!load_slow(cpu, uop_address(cpu, u), from, &v)) return uop_raise_memory(cpu, u);                       \
        reg_set(&cpu->state, u->dst, to, extend(v, from));                                                         \
        return u + 1;                                                                                              \
    }                                                                                                              \
    LOAD_FORM(name##_b, name##_slow, from, to, extend, address_b)                                                  \
    LOAD_FORM(name##_i, name##_slow, from, to, extend, address_i)                                                  \
    LOAD_FORM(name##_x, name##_slow, from, to, extend, address_x)
#define LOAD_FORM(name, slow, from, to, extend, address)                                                           \
    HANDLER(name) {                                                                                                \
        const void *p = mem_read_hit(cpu, address(cpu, u), from);                                                  \
        if (UNLIKELY(!p)) return slow(cpu, u);                                                                     \
        reg_set(&cpu->state, u->dst, to, extend(host_load(p, from), from));                                        \
        NEXT(cpu, u);                                                                                              \
    }

#define STORE(name, size, operand)                                                                                 \
    SLOW_HANDLER(name##_slow) {                                                                                    \
        if (!store_slow(cpu, uop_address(cpu, u), size, operand)) return uop_raise_memory(cpu, u);                 \
        return u + 1;                                                                                              \
    }                                                                                                              \
    STORE_FORM(name##_b, name##_slow, size, operand, address_b)                                                    \
    STORE_FORM(name##_i, name##_slow, size, operand, address_i)                                                    \
    STORE_FORM(name##_x, name##_slow, size, operand, address_x)
#define STORE_FORM(name, slow, size, operand, address)                                                             \
    HANDLER(name) {                                                                                                \
        void *p = mem_write_hit(cpu, address(cpu, u), size);                                                       \
        if (UNLIKELY(!p)) return slow(cpu, u);                                                                     \
        host_store(p, size, operand);                                                                              \
        NEXT(cpu, u);                                                                                              \
    }

static ALWAYS_INLINE uint64_t zero_extend(uint64_t v, unsigned from) {
    return v;
}

#define MOV_SIZE(size)                                                                                             \
    MOV_REG(size)                                                                                                  \
    LOAD(mov_rm##size, size, size, zero_extend)                                                                    \
    STORE(mov_mr##size, size, reg_get(&cpu->state, u->src, size))                                                  \
    STORE(mov_mi##size, size, (uint64_t)u->imm)

MOV_SIZE(1)
MOV_SIZE(2)
MOV_SIZE(4)
MOV_SIZE(8)

#define ROW(op, suffix) {op##1##suffix, op##2##suffix, op##4##suffix, op##8##suffix}

/* Index of the address form in the tables. */
static unsigned address_form(const struct uop *u) {
    return u->index == GPR_ZERO ? 0 : u->scale == 0 ? 1 : 2;
}

#define ADDRESS_FORMS(op) {ROW(op, _b), ROW(op, _i), ROW(op, _x)}

int lower_mov(const struct insn *insn, struct uop *u) {
    static uop_fn *const registers[2][4] = {ROW(mov_rr, ), ROW(mov_ri, )};
    /* [shape][address form][size] */
    static uop_fn *const memory[5][3][4] = {
        [SHAPE_RM] = ADDRESS_FORMS(mov_rm), [SHAPE_MR] = ADDRESS_FORMS(mov_mr), [SHAPE_MI] = ADDRESS_FORMS(mov_mi)};
    const enum shape shape = lower_shape(insn, u);
    const unsigned size = size_index(insn->op_size);
    if (shape > SHAPE_MI) return LOWER_UD;
    u->fn = shape <= SHAPE_RI ? registers[shape][size] : memory[shape][address_form(u)][size];
    return LOWER_NEXT;
}

/* Extending moves: [from 1, 2, 4][to 2, 4, 8]. */
#define EXTEND(name, from, to, extend)                                                                             \
    HANDLER(name##_rr) {                                                                                           \
        reg_set(&cpu->state, u->dst, to, extend(reg_get(&cpu->state, u->src, from), from));                        \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    LOAD(name, from, to, extend)
EXTEND(movzx1_2, 1, 2, zero_extend)
EXTEND(movzx1_8, 1, 8, zero_extend)
EXTEND(movzx2_8, 2, 8, zero_extend)
EXTEND(movzx2_2, 2, 2, zero_extend)
EXTEND(movsx1_2, 1, 2, sext)
EXTEND(movsx1_4, 1, 4, sext)
EXTEND(movsx1_8, 1, 8, sext)
EXTEND(movsx2_4, 2, 4, sext)
EXTEND(movsx2_8, 2, 8, sext)
EXTEND(movsx4_4, 4, 4, sext)
EXTEND(movsx4_8, 4, 8, sext)

#define FORMS(name) {name##_b, name##_i, name##_x, name##_rr}

static int lower_extend(const struct insn *insn, struct uop *u, uop_fn *const table[3][4][4]) {
    const enum shape shape = lower_shape(insn, u);
    const unsigned from = insn->operand[1].size, to = insn->op_size;
    if ((shape != SHAPE_RR && shape != SHAPE_RM) || (from != 1 && from != 2 && from != 4)) return LOWER_UD;
    uop_fn *const *forms = table[size_index(from)][size_index(to)];
    u->fn = forms[shape == SHAPE_RR ? 3 : address_form(u)];
    return u->fn ? LOWER_NEXT : LOWER_UD;
}

int lower_movzx(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[3][4][4] = {
        {[1] = FORMS(movzx1_2), [2] = FORMS(movzx1_8), [3] = FORMS(movzx1_8)},
        {[1] = FORMS(movzx2_2), [2] = FORMS(movzx2_8), [3] = FORMS(movzx2_8)},
    };
    return lower_extend(insn, u, table);
}

int lower_movsx(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[3][4][4] = {
        {[1] = FORMS(movsx1_2), [2] = FORMS(movsx1_4), [3] = FORMS(movsx1_8)},
        {[1] = FORMS(movzx2_2), [2] = FORMS(movsx2_4), [3] = FORMS(movsx2_8)},
        {[1] = FORMS(movzx2_2), [2] = FORMS(movsx4_4), [3] = FORMS(movsx4_8)},
    };
    return lower_extend(insn, u, table);
}

#define LEA(size, address, suffix)                                                                                 \
    HANDLER(lea##size##suffix) {                                                                                   \
        reg_set(&cpu->state, u->dst, size, address(cpu, u));                                                       \
        NEXT(cpu, u);                                                                                              \
    }
LEA(2, address_x, )
LEA(4, address_x, )
LEA(8, address_x, )
LEA(4, address_b, _b)
LEA(8, address_b, _b)
/* 32-bit address into a 64-bit register. */
HANDLER(lea8_narrow) {
    cpu->state.gpr[u->dst] = (uint32_t)uop_address(cpu, u);
    NEXT(cpu, u);
}

int lower_lea(const struct insn *insn, struct uop *u) {
    u->dst = insn->operand[0].reg;
    const bool plain = u->index == GPR_ZERO;
    if (insn->op_size == 2) u->fn = lea2;
    else if (insn->op_size == 4) u->fn = plain ? lea4_b : lea4;
    else if (insn->mem.addr_size == 4) u->fn = lea8_narrow;
    else u->fn = plain ? lea8_b : lea8;
    return LOWER_NEXT;
}

#define XCHG(size)                                                                                                 \
    HANDLER(xchg_rr##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        const uint64_t a = reg_get(s, u->dst, size), b = reg_get(s, u->src, size);                                 \
        reg_set(s, u->dst, size, b);                                                                               \
        reg_set(s, u->src, size, a);                                                                               \
        NEXT(cpu, u);                                                                                              \
    }
XCHG(1)
XCHG(2)
XCHG(4)
XCHG(8)

/* src: the register. */
HANDLER(xchg_mem) {
    struct cpu_state *s = &cpu->state;
    struct locked_place place;
    if (!locked_begin(cpu, uop_address(cpu, u), u->size, &place)) return uop_raise_memory(cpu, u);
    uint64_t old = locked_load(&place);
    const uint64_t new = reg_get(s, u->src, u->size);
    while (!locked_swap_if(&place, &old, new)) {
    }
    locked_end(cpu, &place);
    reg_set(s, u->src, u->size, old);
    return u + 1;
}

int lower_xchg(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[4] = {xchg_rr1, xchg_rr2, xchg_rr4, xchg_rr8};
    const enum shape shape = lower_shape(insn, u);
    if (shape == SHAPE_RM) u->src = u->dst;
    if (shape == SHAPE_RR) u->fn = table[size_index(insn->op_size)];
    else if (shape == SHAPE_RM || shape == SHAPE_MR) u->fn = xchg_mem;
    else return LOWER_UD;
    return LOWER_NEXT;
}

HANDLER(bswap4) {
    cpu->state.gpr[u->dst] = __builtin_bswap32((uint32_t)cpu->state.gpr[u->dst]);
    NEXT(cpu, u);
}

HANDLER(bswap8) {
    cpu->state.gpr[u->dst] = __builtin_bswap64(cpu->state.gpr[u->dst]);
    NEXT(cpu, u);
}

/* Undefined for 16 bits: zero, as Intel's processors do. */
HANDLER(bswap2) {
    reg_set(&cpu->state, u->dst, 2, 0);
    NEXT(cpu, u);
}

int lower_bswap(const struct insn *insn, struct uop *u) {
    u->dst = insn->operand[0].reg;
    u->fn = insn->op_size == 8 ? bswap8 : insn->op_size == 4 ? bswap4 : bswap2;
    return LOWER_NEXT;
}

static uint64_t swap_bytes(uint64_t v, unsigned size) {
    return __builtin_bswap64(v) >> (64 - bits_of(size));
}

HANDLER(movbe_load) {
    uint64_t v;
    if (!mem_load(cpu, uop_address(cpu, u), u->size, &v)) return uop_raise_memory(cpu, u);
    reg_set(&cpu->state, u->dst, u->size, swap_bytes(v, u->size));
    return u + 1;
}

HANDLER(movbe_store) {
    const uint64_t v = swap_bytes(reg_get(&cpu->state, u->src, u->size), u->size);
    return mem_store(cpu, uop_address(cpu, u), u->size, v) ? u + 1 : uop_raise_memory(cpu, u);
}

int lower_movbe(const struct insn *insn, struct uop *u) {
    u->fn = lower_shape(insn, u) == SHAPE_RM ? movbe_load : movbe_store;
    return LOWER_NEXT;
}

/* CBW CWDE CDQE; CWD CDQ CQO. */
HANDLER(cbw) {
    reg_set(&cpu->state, RAX, 2, sext(cpu->state.gpr[RAX], 1));
    NEXT(cpu, u);
}

HANDLER(cwde) {
    reg_set(&cpu->state, RAX, 4, sext(cpu->state.gpr[RAX], 2));
    NEXT(cpu, u);
}

HANDLER(cdqe) {
    cpu->state.gpr[RAX] = sext(cpu->state.gpr[RAX], 4);
    NEXT(cpu, u);
}

#define CWD(size)                                                                                                  \
    HANDLER(cwd##size) {                                                                                           \
        reg_set(&cpu->state, RDX, size, (uint64_t)((int64_t)sext(cpu->state.gpr[RAX], size) >> 63));               \
        NEXT(cpu, u);                                                                                              \
    }
CWD(2)
CWD(4)
CWD(8)

int lower_cbw(const struct insn *insn, struct uop *u) {
    u->fn = insn->op_size == 2 ? cbw : insn->op_size == 4 ? cwde : cdqe;
    return LOWER_NEXT;
}

int lower_cwd(const struct insn *insn, struct uop *u) {
    u->fn = insn->op_size == 2 ? cwd2 : insn->op_size == 4 ? cwd4 : cwd8;
    return LOWER_NEXT;
}
