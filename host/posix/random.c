/* SPDX-License-Identifier: ISC */
/* Randomness of the OS by getentropy(3), which gives at most 256 bytes a call and never blocks after boot. */
#include "host/clock.h"

#include "host/posix/error.h"

#include <unistd.h>

enum { MAX_CHUNK = 256 };

int host_random(void *out, size_t n) {
    char *at = out;
    while (n > 0) {
        const size_t chunk = n < MAX_CHUNK ? n : MAX_CHUNK;
        if (getentropy(at, chunk) != 0) return host_error_last();
        at += chunk;
        n -= chunk;
    }
    return 0;
}
