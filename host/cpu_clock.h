/* SPDX-License-Identifier: ISC */
/* CPU time of single host threads and what else they have used, readable from other threads. */
#pragma once

#include <stdint.h>

#define HOST_NO_CPU_CLOCK INT64_MIN

/* An id for the calling thread's CPU clock, valid in this process while the thread lives; HOST_NO_CPU_CLOCK: there is none. */
int64_t host_cpu_clock_self(void);
/* Nanoseconds that the thread has run; -1 when the thread has gone. */
int64_t host_cpu_clock_read(int64_t id);

/* Of one thread: how much of its time went to the host's system calls and faults, and how often it was interrupted. */
struct host_cpu_usage {
    int64_t system_ns;
    uint64_t minor_faults, major_faults, involuntary_switches;
};
/* Brings *usage up to date; of other threads than the caller's, system_ns is as exact as a tick, and the switches stay as they are.
 * When the thread has gone, everything does. */
void host_cpu_usage_read(int64_t id, struct host_cpu_usage *usage);
