/* SPDX-License-Identifier: ISC */
/* Linux knows where a thread runs. */
#include "host/thread.h"

#include <sched.h>

int host_cpu_current(void) {
    const int cpu = sched_getcpu();
    return cpu < 0 ? 0 : cpu;
}
