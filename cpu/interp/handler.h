/* SPDX-License-Identifier: ISC */
/* What the integer handlers are made of: registers and memory by operand size, and the lazy flags of each class of
 * operation. size is a constant wherever speed matters. 1-byte registers are byte offsets into gpr[] (lower_gpr). */
#pragma once

#include "cpu/flags.h"
#include "cpu/interp/lower.h"
#include "cpu/interp/mem.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
/* A handler, and its rare half. */
#define HANDLER(name) static const struct uop *name(struct cpu *cpu, const struct uop *u)
#define SLOW_HANDLER(name) static __attribute__((noinline, cold)) const struct uop *name(struct cpu *cpu, const struct uop *u)

static ALWAYS_INLINE uint64_t reg_get(const struct cpu_state *s, unsigned reg, unsigned size) {
    switch (size) {
    case 1: return ((const uint8_t *)s->gpr)[reg];
    case 2: return *(const uint16_t *)&s->gpr[reg];
    case 4: return *(const uint32_t *)&s->gpr[reg];
    default: return s->gpr[reg];
    }
}

/* A 4-byte result clears the upper half, smaller ones keep the rest. */
static ALWAYS_INLINE void reg_set(struct cpu_state *s, unsigned reg, unsigned size, uint64_t v) {
    switch (size) {
    case 1: ((uint8_t *)s->gpr)[reg] = (uint8_t)v; break;
    case 2: *(uint16_t *)&s->gpr[reg] = (uint16_t)v; break;
    case 4: s->gpr[reg] = (uint32_t)v; break;
    default: s->gpr[reg] = v;
    }
}

static ALWAYS_INLINE uint64_t host_load(const void *p, unsigned size) {
    switch (size) {
    case 1: return *(const uint8_t *)p;
    case 2: { uint16_t v; memcpy(&v, p, 2); return v; }
    case 4: { uint32_t v; memcpy(&v, p, 4); return v; }
    default: { uint64_t v; memcpy(&v, p, 8); return v; }
    }
}

static ALWAYS_INLINE void host_store(void *p, unsigned size, uint64_t v) {
    switch (size) {
    case 1: *(uint8_t *)p = (uint8_t)v; break;
    case 2: { const uint16_t x = (uint16_t)v; memcpy(p, &x, 2); break; }
    case 4: { const uint32_t x = (uint32_t)v; memcpy(p, &x, 4); break; }
    default: memcpy(p, &v, 8);
    }
}

/* Guest memory for the rare halves and for handlers that are not hot. */
static inline bool load_slow(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out) {
    uint64_t v = 0;
    if (!mem_read_slow(cpu, gva, &v, size)) return false;
    *out = v;
    return true;
}

static inline bool store_slow(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t v) {
    return mem_write_slow(cpu, gva, &v, size);
}

/* For handlers that are not hot: through the TLB, out of line. */
bool mem_load(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out);
bool mem_store(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t v);
/* Reads an operand that will be stored: refuses now what the store would refuse. */
bool mem_load_rw(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out);

/* Reads what will be written back: refuses now what the store would refuse. */
static inline bool load_rw_slow(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out) {
    return mem_probe_write(cpu, gva, size) && load_slow(cpu, gva, size, out);
}

static ALWAYS_INLINE unsigned bits_of(unsigned size) {
    return size * 8;
}

static ALWAYS_INLINE uint64_t mask_of(unsigned size) {
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

static ALWAYS_INLINE uint64_t sext(uint64_t v, unsigned size) {
    switch (size) {
    case 1: return (uint64_t)(int64_t)(int8_t)v;
    case 2: return (uint64_t)(int64_t)(int16_t)v;
    case 4: return (uint64_t)(int64_t)(int32_t)v;
    default: return v;
    }
}

/* flag_carry for given CF and OF. */
static ALWAYS_INLINE uint64_t carry_of(bool cf, bool of) {
    return (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
}

/* out: carry out of each bit; in: carry into each bit, which is a ^ b ^ r. Below 8 bytes the carry out of the top is
 * in the next bit of `in`, if a and b are zero-extended: out is not needed, and the compiler drops it. */
static ALWAYS_INLINE void flags_arith(struct cpu_state *s, unsigned size, uint64_t r, uint64_t out, uint64_t in) {
    s->flag_result = sext(r, size);
    s->flag_carry = size == 8 ? out : in << (63 - bits_of(size));
    s->flag_aux = in & 0x10;
}

/* r = a + b + carry in. Operands zero-extended. */
static ALWAYS_INLINE void flags_add(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b, uint64_t r) {
    flags_arith(s, size, r, b ^ ((a ^ b) & (a ^ r)), a ^ b ^ r);
}

/* r = a - b - borrow in. Operands zero-extended. */
static ALWAYS_INLINE void flags_sub(struct cpu_state *s, unsigned size, uint64_t a, uint64_t b, uint64_t r) {
    flags_arith(s, size, r, r ^ ((a ^ b) & (b ^ r)), a ^ b ^ r);
}

static ALWAYS_INLINE void flags_logic(struct cpu_state *s, unsigned size, uint64_t r) {
    s->flag_result = sext(r, size);
    s->flag_carry = 0;
    s->flag_aux = 0;
}

/* Result flags as of a logic operation, with CF and OF. */
static ALWAYS_INLINE void flags_result_cf_of(struct cpu_state *s, unsigned size, uint64_t r, bool cf, bool of) {
    s->flag_result = sext(r, size);
    s->flag_carry = carry_of(cf, of);
    s->flag_aux = 0;
}

static ALWAYS_INLINE void flags_set_cf_of(struct cpu_state *s, bool cf, bool of) {
    s->flag_carry = carry_of(cf, of);
}

static ALWAYS_INLINE void flags_set_cf(struct cpu_state *s, bool cf) {
    s->flag_carry = carry_of(cf, flag_of(s));
}

static ALWAYS_INLINE void flags_set_of(struct cpu_state *s, bool of) {
    s->flag_carry = carry_of(flag_cf(s), of);
}

/* Only ZF and CF may be 1; the others are cleared (PF too). */
static ALWAYS_INLINE void flags_zf_cf(struct cpu_state *s, bool zf, bool cf) {
    s->flag_result = zf ? 0 : 1;
    s->flag_carry = carry_of(cf, false);
    s->flag_aux = zf ? 0x100 : 0;
}

/* Condition cc (0..15) of JCC, SETCC, CMOVCC. */
static ALWAYS_INLINE bool condition(const struct cpu_state *s, unsigned cc) {
    bool r;
    switch (cc >> 1) {
    case 0: r = flag_of(s); break;
    case 1: r = flag_cf(s); break;
    case 2: r = flag_zf(s); break;
    case 3: r = flag_cf(s) || flag_zf(s); break;
    case 4: r = flag_sf(s); break;
    case 5: r = flag_pf(s); break;
    case 6: r = flag_sf(s) ^ flag_of(s); break;
    default: r = (flag_sf(s) ^ flag_of(s)) || flag_zf(s);
    }
    return r ^ (cc & 1);
}

/* Index of a size in the tables of handlers: 0..3 for 1, 2, 4, 8. */
static inline unsigned size_index(unsigned size) {
    return (unsigned)__builtin_ctz(size);
}

/* The two operands of most integer instructions. */
enum shape { SHAPE_RR, SHAPE_RI, SHAPE_RM, SHAPE_MR, SHAPE_MI, SHAPE_R, SHAPE_M, SHAPE_OTHER };
/* Classifies the operands and puts the registers into u->dst (first operand) and u->src (second). */
enum shape lower_shape(const struct insn *insn, struct uop *u);
