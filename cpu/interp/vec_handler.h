/* SPDX-License-Identifier: ISC */
/* The shared handlers: every combination of where b comes from and where the result goes, chosen once by vec_lower.c.
 * Uop fields: dst result register, src register of a, src2 register of b (general, MMX or vector), imm8 immediate (c's
 * register for four-operand ones), ptr semantic function, size bytes of the memory operand. */
#pragma once

#include "cpu/interp/uop.h"

enum vec_source {
    SOURCE_VEC,    /* vector register */
    SOURCE_MMX,
    SOURCE_GPR,
    SOURCE_IMM,    /* imm8 itself */
    SOURCE_MEM16A, /* 16 bytes, #GP unless aligned (legacy encodings) */
    SOURCE_MEM16,
    SOURCE_MEM32,
    SOURCE_MEM,    /* u->size bytes: 1, 2, 4, 8 */
    SOURCE_COUNT,
};

enum vec_result {
    RESULT_KEEP, /* 16 bytes, bits 255:128 of the register kept (legacy encodings) */
    RESULT_ZERO, /* 16 bytes, the rest zeroed (VEX.128) */
    RESULT_FULL, /* 32 bytes */
    RESULT_MMX,
    RESULT_MEM,  /* u->size bytes of memory: 4, 8, 16 */
    RESULT_COUNT,
};

enum vec_value_result { VALUE_GPR, VALUE_MEM, VALUE_COUNT };

/* [raises SSE exceptions] */
extern uop_fn *const vec3_handler[2][RESULT_COUNT][SOURCE_COUNT];
extern uop_fn *const vec4_handler[2][RESULT_COUNT][SOURCE_COUNT];
extern uop_fn *const vec_value_handler[2][VALUE_COUNT][SOURCE_COUNT];
extern uop_fn *const vec_flags_handler[2][SOURCE_COUNT];
