/* SPDX-License-Identifier: ISC */
/* One lane of the operations that other files compose: the host's operator with x86's NaN result. */
#pragma once

#include "cpu/interp/fp_bits.h"

#define FP_OPERATOR(name, W, real, operator) \
    static inline uint##W##_t fp_##name##W(uint##W##_t a, uint##W##_t b) { \
        const uint##W##_t r = fp_bits##W(fp_real##W(a) operator fp_real##W(b)); \
        return __builtin_expect(fp_is_nan##W(r), 0) ? fp_nan_of##W(a, b) : r; \
    }

FP_OPERATOR(add, 32, float, +)
FP_OPERATOR(add, 64, double, +)
FP_OPERATOR(sub, 32, float, -)
FP_OPERATOR(sub, 64, double, -)
FP_OPERATOR(mul, 32, float, *)
FP_OPERATOR(mul, 64, double, *)
