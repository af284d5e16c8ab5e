/* SPDX-License-Identifier: ISC */
/* Integer operations lane by lane: rows of vec_int.def, each instantiated for 8, 16 and 32 bytes. Pure. */
#include "cpu/interp/vec.h"

static inline int clamp(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
}

/* x << y in constant steps: for a variable one, clang's vectoriser builds 2^y by converting a float to an integer, which
 * sets exception flags in the host's MXCSR, and those are the guest's. */
static inline uint32_t shift_left(uint32_t x, uint32_t y) {
    for (unsigned step = 0; step < 5; step++) x = y >> step & 1 ? x << (1u << step) : x;
    return x;
}

/* x and y are the lanes of a and b, promoted as C does. */
#define LANES(instances, name, lane, expression) \
    instances(name) { \
        for (unsigned i = 0; i < n / sizeof d->lane[0]; i++) { \
            const __typeof__(d->lane[0]) x = a->lane[i], y = b->lane[i]; \
            (void)x; \
            d->lane[i] = (__typeof__(d->lane[0]))(expression); \
        } \
    }
#include "cpu/interp/vec_int.def"
