/* SPDX-License-Identifier: ISC */
/* Limits by POSIX. */
#include "host/limits.h"
#include "host/os.h"

#include <sys/resource.h>

uint64_t os_limit_core(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}
