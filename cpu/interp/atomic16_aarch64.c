/* SPDX-License-Identifier: ISC */
/* CMPXCHG16B by load-exclusive and store-exclusive of a pair, between full barriers as x86's locked instructions are. The pair read is
 * known to be one value only once it was stored: a failing comparison stores what it found. */
#include "cpu/interp/atomic16.h"

bool atomic16_swap_if(struct host_mutex *lock, void *host, uint64_t expected[2], const uint64_t desired[2]) {
    uint64_t low, high, store_low, store_high;
    uint32_t failed;
    __asm__ volatile("dmb ish\n"
                     "0: ldaxp %[low], %[high], [%[at]]\n"
                     "cmp %[low], %[old_low]\n"
                     "ccmp %[high], %[old_high], #0, eq\n"
                     "csel %[store_low], %[new_low], %[low], eq\n"
                     "csel %[store_high], %[new_high], %[high], eq\n"
                     "stlxp %w[failed], %[store_low], %[store_high], [%[at]]\n"
                     "cbnz %w[failed], 0b\n"
                     "dmb ish"
                     : [low] "=&r"(low), [high] "=&r"(high), [store_low] "=&r"(store_low), [store_high] "=&r"(store_high),
                       [failed] "=&r"(failed)
                     : [at] "r"(host), [old_low] "r"(expected[0]), [old_high] "r"(expected[1]), [new_low] "r"(desired[0]),
                       [new_high] "r"(desired[1])
                     : "cc", "memory");
    const bool done = low == expected[0] && high == expected[1];
    expected[0] = low;
    expected[1] = high;
    return done;
}
