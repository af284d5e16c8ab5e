/* SPDX-License-Identifier: ISC */
/* ROL ROR RCL RCR SHL SHR SAR SHLD SHRD. Counts are masked to 5 (6) bits; a masked count of zero changes no flag.
 * Flags that the SDM leaves undefined: AF is 0; OF for counts above one is what the same formula gives as for one. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

#define OPERATION(name) \
    static ALWAYS_INLINE uint64_t name(struct cpu_state *s, unsigned size, bool flags, uint64_t a, unsigned n)

static ALWAYS_INLINE bool top(uint64_t v, unsigned size) {
    return (v >> (bits_of(size) - 1)) & 1;
}

/* The two top bits differ: OF of right shifts. */
static ALWAYS_INLINE bool tops_differ(uint64_t v, unsigned size) {
    return ((v >> (bits_of(size) - 1)) ^ (v >> (bits_of(size) - 2))) & 1;
}

/* In all of these 1 <= n <= 31 (63), which may exceed the size of small operands; a is zero-extended. */
OPERATION(op_shl) {
    const uint64_t r = a << n;
    if (flags) {
        s->flag_result = sext(r, size);
        s->flag_carry = a << (64 - bits_of(size)) << (n - 1); /* CF on top, the result's sign below */
        s->flag_aux = 0;
    }
    return r;
}

OPERATION(op_shr) {
    const uint64_t r = a >> n;
    if (flags) flags_result_cf_of(s, size, r, (a >> (n - 1)) & 1, tops_differ(r, size));
    return r;
}

OPERATION(op_sar) {
    const int64_t v = (int64_t)sext(a, size);
    const uint64_t r = (uint64_t)(v >> n);
    if (flags) flags_result_cf_of(s, size, r, (v >> (n - 1)) & 1, false);
    return r;
}

/* Left rotation of 0..bits-1. */
static ALWAYS_INLINE uint64_t rotate(uint64_t a, unsigned size, unsigned n) {
    const unsigned bits = bits_of(size);
    return n ? a << n | (a & mask_of(size)) >> (bits - n) : a;
}

OPERATION(op_rol) {
    const uint64_t r = rotate(a, size, n % bits_of(size));
    if (flags) flags_set_cf_of(s, r & 1, (r & 1) ^ top(r, size));
    return r;
}

OPERATION(op_ror) {
    const unsigned bits = bits_of(size);
    const uint64_t r = rotate(a, size, (bits - n % bits) % bits);
    if (flags) flags_set_cf_of(s, top(r, size), tops_differ(r, size));
    return r;
}

/* Rotates through CF: over bits + 1 bits. A multiple of that (only for 1 and 2 bytes) changes nothing. */
OPERATION(op_rcl) {
    const unsigned bits = bits_of(size);
    n %= bits + 1;
    if (!n) return a;
    const uint64_t cf = flag_cf(s);
    const uint64_t r = a << n | cf << (n - 1) | (n > 1 ? a >> (bits + 1 - n) : 0);
    const bool out = (a >> (bits - n)) & 1;
    flags_set_cf_of(s, out, out ^ top(r, size));
    return r;
}

OPERATION(op_rcr) {
    const unsigned bits = bits_of(size);
    n %= bits + 1;
    if (!n) return a;
    const uint64_t cf = flag_cf(s);
    const uint64_t r = (n < 64 ? a >> n : 0) | cf << (bits - n) | (n > 1 ? a << (bits + 1 - n) : 0);
    flags_set_cf_of(s, (a >> (n - 1)) & 1, tops_differ(r, size));
    return r;
}

/* Count: an immediate (masked and not zero), or CL. */
static ALWAYS_INLINE unsigned count_cl(const struct cpu *cpu, unsigned size) {
    return (unsigned)cpu->state.gpr[RCX] & (size == 8 ? 63 : 31);
}

#define SHIFT(op, size)                                                                                            \
    HANDLER(op##_ri##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, op(s, size, true, reg_get(s, u->dst, size), u->imm8));                            \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(op##_ri_nf##size) {                                                                                    \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, op(s, size, false, reg_get(s, u->dst, size), u->imm8));                           \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(op##_rc##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        const unsigned n = count_cl(cpu, size);                                                                    \
        if (n) reg_set(s, u->dst, size, op(s, size, true, reg_get(s, u->dst, size), n));                           \
        else if (size == 4) reg_set(s, u->dst, size, reg_get(s, u->dst, size));                                    \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    static __attribute__((noinline)) const struct uop *op##_m##size(struct cpu *cpu, const struct uop *u, unsigned n) { \
        const uint64_t gva = uop_address(cpu, u);                                                                  \
        uint64_t a;                                                                                                \
        if (!mem_load_rw(cpu, gva, size, &a)) return uop_raise_memory(cpu, u);                                     \
        if (n) mem_store(cpu, gva, size, op(&cpu->state, size, true, a, n));                                       \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(op##_mi##size) {                                                                                       \
        return op##_m##size(cpu, u, u->imm8);                                                                      \
    }                                                                                                              \
    HANDLER(op##_mc##size) {                                                                                       \
        return op##_m##size(cpu, u, count_cl(cpu, size));                                                          \
    }

/* [register or memory by imm, by CL, by imm without flags][size] */
typedef uop_fn *const shift_table[5][4];

HANDLER(shift_none4) {
    cpu->state.gpr[u->dst] = (uint32_t)cpu->state.gpr[u->dst];
    NEXT(cpu, u);
}

HANDLER(shift_none) {
    NEXT(cpu, u);
}

static int lower_shift(const struct insn *insn, struct uop *u, const shift_table table) {
    const struct operand *a = &insn->operand[0], *count = &insn->operand[1];
    const unsigned size = insn->op_size, index = size_index(size);
    const bool memory = a->kind == OPERAND_MEM, by_one = insn->opcode == 0xd0 || insn->opcode == 0xd1;
    if (!memory) u->dst = lower_gpr(a);
    if (count->kind == OPERAND_REG) {
        u->fn = table[memory ? 3 : 1][index];
        return LOWER_NEXT;
    }
    u->imm8 = by_one ? 1 : (uint8_t)insn->imm & (size == 8 ? 63 : 31);
    const bool dead = u->src2 == LOWER_FLAGS_DEAD;
    if (memory) u->fn = table[2][index];
    else if (!u->imm8) u->fn = size == 4 ? shift_none4 : shift_none;
    else u->fn = table[dead ? 4 : 0][index];
    return LOWER_NEXT;
}

#define ROW(op, form) {op##_##form##1, op##_##form##2, op##_##form##4, op##_##form##8}
#define SHIFTS(op, lower_name)                                                                                     \
    SHIFT(op, 1)                                                                                                   \
    SHIFT(op, 2)                                                                                                   \
    SHIFT(op, 4)                                                                                                   \
    SHIFT(op, 8)                                                                                                   \
    static shift_table op##_table = {ROW(op, ri), ROW(op, rc), ROW(op, mi), ROW(op, mc), ROW(op, ri_nf)};          \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        return lower_shift(insn, u, op##_table);                                                                   \
    }

SHIFTS(op_rol, lower_rol)
SHIFTS(op_ror, lower_ror)
SHIFTS(op_rcl, lower_rcl)
SHIFTS(op_rcr, lower_rcr)
SHIFTS(op_shl, lower_shl)
SHIFTS(op_shr, lower_shr)
SHIFTS(op_sar, lower_sar)

/* Double shifts. A 16-bit operand shifted by more than 16 sees itself again behind the source, as Intel's do. */
static uint64_t shld(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b, unsigned n) {
    const unsigned bits = bits_of(size);
    uint64_t r;
    bool cf;
    if (size == 2) {
        const uint64_t all = a << 32 | b << 16 | a; /* shifted left, bits 32..47 are the result */
        r = (all << n >> 32) & 0xffff;
        cf = (all << (n - 1) >> 47) & 1;
    } else {
        r = (a << n | b >> (bits - n)) & mask_of(size);
        cf = (a >> (bits - n)) & 1;
    }
    flags_result_cf_of(s, size, r, cf, cf ^ top(r, size));
    return r;
}

static uint64_t shrd(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b, unsigned n) {
    const unsigned bits = bits_of(size);
    uint64_t r;
    bool cf;
    if (size == 2) {
        const uint64_t all = a << 32 | b << 16 | a;
        r = (all >> n) & 0xffff;
        cf = (all >> (n - 1)) & 1;
    } else {
        r = (a >> n | b << (bits - n)) & mask_of(size);
        cf = (a >> (n - 1)) & 1;
    }
    flags_result_cf_of(s, size, r, cf, tops_differ(r, size));
    return r;
}

typedef uint64_t double_fn(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b, unsigned n);

/* src2: the first operand is in memory. */
static ALWAYS_INLINE const struct uop *double_shift(struct cpu *cpu, const struct uop *u, double_fn *fn, unsigned n) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t b = reg_get(s, u->src, size), gva = uop_address(cpu, u);
    uint64_t a;
    if (!u->src2) a = reg_get(s, u->dst, size);
    else if (!mem_load_rw(cpu, gva, size, &a)) return uop_raise_memory(cpu, u);
    if (n) a = fn(s, size, a, b, n);
    if (!u->src2) reg_set(s, u->dst, size, a);
    else if (n) mem_store(cpu, gva, size, a);
    return u + 1;
}

HANDLER(shld_i) { return double_shift(cpu, u, shld, u->imm8); }
HANDLER(shrd_i) { return double_shift(cpu, u, shrd, u->imm8); }
HANDLER(shld_c) { return double_shift(cpu, u, shld, count_cl(cpu, u->size)); }
HANDLER(shrd_c) { return double_shift(cpu, u, shrd, count_cl(cpu, u->size)); }

static int lower_double(const struct insn *insn, struct uop *u, uop_fn *by_imm, uop_fn *by_cl) {
    const bool memory = insn->operand[0].kind == OPERAND_MEM;
    if (!memory) u->dst = lower_gpr(&insn->operand[0]);
    u->src = lower_gpr(&insn->operand[1]);
    u->src2 = memory;
    u->imm8 = (uint8_t)insn->imm & (insn->op_size == 8 ? 63 : 31);
    u->fn = insn->operand[2].kind == OPERAND_REG ? by_cl : by_imm;
    return LOWER_NEXT;
}

int lower_shld(const struct insn *insn, struct uop *u) {
    return lower_double(insn, u, shld_i, shld_c);
}

int lower_shrd(const struct insn *insn, struct uop *u) {
    return lower_double(insn, u, shrd_i, shrd_c);
}
