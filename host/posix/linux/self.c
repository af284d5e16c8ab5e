/* SPDX-License-Identifier: ISC */
/* Our own executable, by /proc. */
#include "host/posix/self.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <unistd.h>

int host_self_path(char *out, size_t size) {
    const ssize_t n = readlink("/proc/self/exe", out, size);
    if (n < 0) return host_error_last();
    if ((size_t)n >= size) return -ENAMETOOLONG;
    out[n] = 0;
    return 0;
}
