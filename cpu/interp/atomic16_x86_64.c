/* SPDX-License-Identifier: ISC */
/* CMPXCHG16B of an x86-64 host. */
#include "cpu/interp/atomic16.h"

__attribute__((target("cx16"))) bool atomic16_swap_if(struct host_mutex *lock, void *host, uint64_t expected[2],
                                                      const uint64_t desired[2]) {
    const unsigned __int128 old = (unsigned __int128)expected[1] << 64 | expected[0];
    const unsigned __int128 new = (unsigned __int128)desired[1] << 64 | desired[0];
    const unsigned __int128 found = __sync_val_compare_and_swap((unsigned __int128 *)host, old, new);
    if (found == old) return true;
    expected[0] = (uint64_t)found;
    expected[1] = (uint64_t)(found >> 64);
    return false;
}
