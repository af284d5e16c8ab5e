/* SPDX-License-Identifier: ISC */
/* Clocks and time structures of the x86-64 kernel. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum guest_clock {
    GUEST_CLOCK_REALTIME, GUEST_CLOCK_MONOTONIC, GUEST_CLOCK_PROCESS_CPUTIME, GUEST_CLOCK_THREAD_CPUTIME,
    GUEST_CLOCK_MONOTONIC_RAW, GUEST_CLOCK_REALTIME_COARSE, GUEST_CLOCK_MONOTONIC_COARSE, GUEST_CLOCK_BOOTTIME,
    GUEST_CLOCK_REALTIME_ALARM, GUEST_CLOCK_BOOTTIME_ALARM, GUEST_CLOCK_TAI = 11,
};

enum { TIMER_ABSTIME = 1 };
#define NS_PER_S 1000000000ll
#define NS_PER_TICK 4000000ll /* 250 Hz: the kernel's tick, resolution of the coarse clocks */
#define USER_HZ 100           /* clock ticks of times(2) per second */

struct guest_timespec {
    int64_t sec, nsec;
};
struct guest_itimerspec {
    struct guest_timespec interval, value;
};
struct guest_timeval {
    int64_t sec, usec;
};
struct guest_itimerval {
    struct guest_timeval interval, value;
};
struct guest_timezone {
    int32_t minutes_west, dst_time;
};
struct guest_tms {
    int64_t utime, stime, cutime, cstime;
};

/* True for 0 <= nsec < 10^9 and sec >= 0. */
static inline bool timespec_valid(const struct guest_timespec *ts) {
    return ts->sec >= 0 && ts->nsec >= 0 && ts->nsec < NS_PER_S;
}

/* Nanoseconds, saturating at INT64_MAX. */
static inline int64_t timespec_to_ns(const struct guest_timespec *ts) {
    int64_t ns;
    if (__builtin_mul_overflow(ts->sec, NS_PER_S, &ns) || __builtin_add_overflow(ns, ts->nsec, &ns)) return INT64_MAX;
    return ns;
}

static inline struct guest_timespec timespec_from_ns(int64_t ns) {
    return (struct guest_timespec){ns / NS_PER_S, ns % NS_PER_S};
}

static inline struct guest_timeval timeval_from_ns(int64_t ns) {
    return (struct guest_timeval){ns / NS_PER_S, ns % NS_PER_S / 1000};
}
