/* SPDX-License-Identifier: ISC */
/* CPU time of single host threads, readable from other threads. */
#pragma once

#include <stdint.h>

#define HOST_NO_CPU_CLOCK INT64_MIN

/* An id for the calling thread's CPU clock, valid in this process while the thread lives; HOST_NO_CPU_CLOCK: there is none. */
int64_t host_cpu_clock_self(void);
/* Nanoseconds that the thread has run; -1 when the thread has gone. */
int64_t host_cpu_clock_read(int64_t id);
