/* SPDX-License-Identifier: ISC */
/* Semantic functions of vector instructions, and the shared handlers that reach them. A semantic function is pure: it
 * reads its operands and writes its result to *d, which never overlaps them; it writes at least as many bytes of *d as its
 * destination has. Scalar operations copy the rest of 16 bytes from a. A memory operand shorter than a vector is
 * zero-extended. Instructions of one operand take it as b. MMX values are in the low 8 bytes.
 * The rows of ops_vector.def expand to the prototypes here. */
#pragma once

#include "cpu/interp/lower.h"

typedef void vec_fn(union vec *restrict d, const union vec *a, const union vec *b, unsigned imm8);
typedef void vec4_fn(union vec *restrict d, const union vec *a, const union vec *b, const union vec *c);
typedef uint64_t vec_value_fn(const union vec *b, unsigned imm8);
typedef void vec_flags_fn(struct cpu_state *s, const union vec *a, const union vec *b);

#define VEC_PARAMS_V3 union vec *restrict d, const union vec *a, const union vec *b, unsigned imm8
#define VEC_PARAMS_V4 union vec *restrict d, const union vec *a, const union vec *b, const union vec *c

#define VEC_TYPE_V3 vec_fn
#define VEC_TYPE_SH vec_fn
#define VEC_TYPE_PI vec_fn
#define VEC_TYPE_F3 vec_fn
#define VEC_TYPE_FSI vec_fn
#define VEC_TYPE_V4 vec4_fn
#define VEC_TYPE_F4 vec4_fn
#define VEC_TYPE_G vec_value_fn
#define VEC_TYPE_FG vec_value_fn
#define VEC_TYPE_FL vec_flags_fn
#define VEC_TYPE_FFL vec_flags_fn

#define VEC_PROTO_MXY(type, name) type name##_8, name##_16, name##_32;
#define VEC_PROTO_XY(type, name) type name##_16, name##_32;
#define VEC_PROTO_A(type, name) type name;
#define LOWER(op, fn) lower_fn fn;
#define VECTOR(op, kind, sizes, name) \
    lower_fn lower_vec_##kind; \
    VEC_PROTO_##sizes(VEC_TYPE_##kind, vec_##name)
#include "cpu/interp/ops_vector.def"
#undef LOWER
vec_fn vec_vpermilps_imm_16, vec_vpermilps_imm_32, vec_vpermilpd_imm_16, vec_vpermilpd_imm_32;

/* VEC3_MXY(name) { body }: a body in terms of d, a, b, imm8 and the constant n (bytes), and its instances. */
#define VEC3_BODY(name) \
    static inline __attribute__((always_inline)) void name##_n(VEC_PARAMS_V3, const unsigned n)
#define VEC3_INSTANCE(name, n) \
    void vec_##name##_##n(VEC_PARAMS_V3) { name##_n(d, a, b, imm8, n); }
#define VEC3_XY(name) \
    VEC3_BODY(name); \
    VEC3_INSTANCE(name, 16) \
    VEC3_INSTANCE(name, 32) \
    VEC3_BODY(name)
#define VEC3_MXY(name) \
    VEC3_BODY(name); \
    VEC3_INSTANCE(name, 8) \
    VEC3_INSTANCE(name, 16) \
    VEC3_INSTANCE(name, 32) \
    VEC3_BODY(name)

/* for each 16-byte lane (one short lane for MMX): base index l of elements of `size` bytes, `per` of them in a lane */
#define VEC_LANE(n) ((n) < 16 ? (n) : 16u)

static inline void vec_copy16(union vec *restrict d, const union vec *a) {
    d->u64[0] = a->u64[0];
    d->u64[1] = a->u64[1];
}

/* The semantic function of an op for a vector size (8, 16, 32); NULL if there is none. */
const void *vec_semantic(uint16_t op, unsigned vector_size);
