/* SPDX-License-Identifier: ISC */
/* Thread CPU clocks by pthread_getcpuclockid. */
#include "host/cpu_clock.h"

#include <pthread.h>
#include <time.h>

int64_t host_cpu_clock_self(void) {
    clockid_t id;
    return pthread_getcpuclockid(pthread_self(), &id) == 0 ? (int64_t)id : HOST_NO_CPU_CLOCK;
}

int64_t host_cpu_clock_read(int64_t id) {
    struct timespec now;
    if (id == HOST_NO_CPU_CLOCK || clock_gettime((clockid_t)id, &now) != 0) return -1;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
