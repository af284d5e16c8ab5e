/* SPDX-License-Identifier: ISC */
/* CMPXCHG16B of processors without an instruction for it: under the lock of accesses that cross their natural boundary. */
#include "cpu/interp/atomic16.h"

#include "host/thread.h"

#include <string.h>

bool atomic16_swap_if(struct host_mutex *lock, void *host, uint64_t expected[2], const uint64_t desired[2]) {
    uint64_t found[2];
    if (lock) host_mutex_lock(lock);
    memcpy(found, host, sizeof found);
    const bool done = found[0] == expected[0] && found[1] == expected[1];
    if (done) memcpy(host, desired, sizeof found);
    if (lock) host_mutex_unlock(lock);
    memcpy(expected, found, sizeof found);
    return done;
}
