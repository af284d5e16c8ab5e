/* SPDX-License-Identifier: ISC */
/* Integer operations lane by lane: rows of vec_int.def, each instantiated for 8, 16 and 32 bytes. Pure. */
#include "cpu/interp/vec.h"

static inline int clamp(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
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
