/* SPDX-License-Identifier: ISC */
/* Small arithmetic on integers: alignment, masks, sign extension. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline uint64_t align_down(uint64_t x, uint64_t align) {
    return x & ~(align - 1);
}

static inline uint64_t align_up(uint64_t x, uint64_t align) {
    return (x + align - 1) & ~(align - 1);
}

static inline bool is_aligned(uint64_t x, uint64_t align) {
    return (x & (align - 1)) == 0;
}

/* Sign-extends the low `bits` (1..64) of x. */
static inline int64_t sign_extend(uint64_t x, unsigned bits) {
    return (int64_t)(x << (64 - bits)) >> (64 - bits);
}
