/* SPDX-License-Identifier: ISC */
/* Host clocks in nanoseconds, and host randomness. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int64_t host_clock_monotonic_ns(void);
int64_t host_clock_realtime_ns(void);
int64_t host_clock_boottime_ns(void);
/* CPU time of the whole process, of the calling thread. */
int64_t host_clock_process_cpu_ns(void);
int64_t host_clock_thread_cpu_ns(void);
/* Fills out with n random bytes from the OS. Returns 0 or -E. */
int host_random(void *out, size_t n);
