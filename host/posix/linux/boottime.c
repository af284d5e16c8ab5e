/* SPDX-License-Identifier: ISC */
/* Time since boot including suspension, which Linux keeps as a clock of its own. */
#include "host/clock.h"

#include <time.h>

int64_t host_clock_boottime_ns(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
