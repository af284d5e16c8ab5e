/* SPDX-License-Identifier: ISC */
/* The counters that RDPMC reads: the machine's clocks and the number of the processor, for the vDSO, which so needs no system call.
 * Not announced by CPUID; every other number is #GP, as all are where a kernel keeps RDPMC to itself. Also read by the vDSO's own
 * source, so only constants are here. The time stamp counter is COUNTER_MONOTONIC_NS. */
#pragma once

enum cpu_counter {
    COUNTER_MONOTONIC_NS = 0x4c530000, /* nanoseconds of CLOCK_MONOTONIC */
    COUNTER_REALTIME_NS,
    COUNTER_BOOTTIME_NS,
    COUNTER_PROCESSOR,                 /* as getcpu(2) says */
};
