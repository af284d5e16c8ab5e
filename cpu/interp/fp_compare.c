/* SPDX-License-Identifier: ISC */
/* Comparisons to masks (32 predicates) and to flags. The quiet comparisons of C raise exactly the exceptions that every
 * predicate raises (invalid for a signalling NaN, denormal); signalling predicates add invalid for a quiet NaN. */
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_bits.h"
#include "cpu/interp/vec.h"

#include <math.h>

enum { RELATION_LESS = 1, RELATION_EQUAL = 2, RELATION_GREATER = 4, RELATION_UNORDERED = 8 };

/* The relations that make predicates 0..15 true; predicate ^ 16 is the same with the other behaviour for quiet NaNs. */
static const uint8_t predicate_true[16] = {
    RELATION_EQUAL,                                                            /* EQ */
    RELATION_LESS,                                                             /* LT */
    RELATION_LESS | RELATION_EQUAL,                                            /* LE */
    RELATION_UNORDERED,                                                        /* UNORD */
    RELATION_UNORDERED | RELATION_LESS | RELATION_GREATER,                     /* NEQ */
    RELATION_UNORDERED | RELATION_GREATER | RELATION_EQUAL,                    /* NLT */
    RELATION_UNORDERED | RELATION_GREATER,                                     /* NLE */
    RELATION_LESS | RELATION_EQUAL | RELATION_GREATER,                         /* ORD */
    RELATION_UNORDERED | RELATION_EQUAL,                                       /* EQ_UQ */
    RELATION_UNORDERED | RELATION_LESS,                                        /* NGE */
    RELATION_UNORDERED | RELATION_LESS | RELATION_EQUAL,                       /* NGT */
    0,                                                                         /* FALSE */
    RELATION_LESS | RELATION_GREATER,                                          /* NEQ_OQ */
    RELATION_GREATER | RELATION_EQUAL,                                         /* GE */
    RELATION_GREATER,                                                          /* GT */
    RELATION_LESS | RELATION_EQUAL | RELATION_GREATER | RELATION_UNORDERED,    /* TRUE */
};
/* Bit p: predicate p signals for quiet NaNs. LT LE NLT NLE NGE NGT GE GT, and of 16..31 the others. */
#define PREDICATE_SIGNALS 0x99996666u

#define COMPARE(W, real) \
    static inline unsigned relation##W(real x, real y) { \
        if (isless(x, y)) return RELATION_LESS; \
        if (isgreater(x, y)) return RELATION_GREATER; \
        return isunordered(x, y) ? RELATION_UNORDERED : RELATION_EQUAL; \
    } \
    static inline uint##W##_t compare##W(real x, real y, unsigned predicate) { \
        const unsigned relation = relation##W(x, y); \
        if (__builtin_expect(relation == RELATION_UNORDERED, 0) && PREDICATE_SIGNALS >> predicate & 1) \
            fp_raise(MXCSR_IE); \
        return predicate_true[predicate & 15] & relation ? (uint##W##_t)-1 : 0; \
    }

COMPARE(32, float)
COMPARE(64, double)

/* The lowering leaves 3 bits of a predicate in the legacy encoding, 5 in VEX. */
VEC3_XY(cmpps) {
    for (unsigned i = 0; i < n / 4; i++) d->u32[i] = compare32(a->f32[i], b->f32[i], imm8 & 31);
}

VEC3_XY(cmppd) {
    for (unsigned i = 0; i < n / 8; i++) d->u64[i] = compare64(a->f64[i], b->f64[i], imm8 & 31);
}

void vec_cmpss(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->u32[0] = compare32(a->f32[0], b->f32[0], imm8 & 31);
}

void vec_cmpsd(VEC_PARAMS_V3) {
    vec_copy16(d, a);
    d->u64[0] = compare64(a->f64[0], b->f64[0], imm8 & 31);
}

/* Lazy flags (cpu/flags.h): CF for less, ZF for equal, both and PF for unordered; OF, SF, AF clear. */
static inline void set_flags(struct cpu_state *s, bool less, bool equal, bool unordered) {
    s->flag_result = !(equal | unordered);
    s->flag_carry = (less | unordered) ? 3ull << 62 : 0;
    s->flag_aux = (uint64_t)equal << 8;
}

#define COMPARE_FLAGS(name, W, signals) \
    void vec_##name(struct cpu_state *s, const union vec *a, const union vec *b) { \
        const unsigned relation = relation##W(a->f##W[0], b->f##W[0]); \
        if (signals && relation == RELATION_UNORDERED) fp_raise(MXCSR_IE); \
        set_flags(s, relation == RELATION_LESS, relation == RELATION_EQUAL, relation == RELATION_UNORDERED); \
    }

COMPARE_FLAGS(comiss, 32, true)
COMPARE_FLAGS(comisd, 64, true)
COMPARE_FLAGS(ucomiss, 32, false)
COMPARE_FLAGS(ucomisd, 64, false)
