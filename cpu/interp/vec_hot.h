/* SPDX-License-Identifier: ISC */
/* Direct handlers of the most frequent instructions: the common case inline, without a call and without locals whose
 * address is taken, so that they go on by a tail call. In every other case (TLB miss, misaligned, NaN result, unmasked
 * exceptions) they hand over to the shared handler of the same instruction, having changed nothing.
 * Uop fields as in vec_handler.h. */
#pragma once

#include "cpu/interp/vec_handler.h"

struct vec_hot {
    const void *semantic;
    uop_fn *handler[RESULT_COUNT][SOURCE_COUNT];
};

struct vec_hot_one {
    const void *semantic;
    uop_fn *handler[SOURCE_COUNT];
};

/* Each ends in a row without semantic. */
extern const struct vec_hot vec_hot_int[], vec_hot_scalar[], vec_hot_packed[];
extern const struct vec_hot_one vec_hot_value[], vec_hot_flags[];

uop_fn *vec_hot_handler(const void *semantic, enum vec_result result, enum vec_source source);
uop_fn *vec_hot_value_handler(const void *semantic, enum vec_source source);
uop_fn *vec_hot_flags_handler(const void *semantic, enum vec_source source);
