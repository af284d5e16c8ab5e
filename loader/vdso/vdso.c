/* SPDX-License-Identifier: ISC */
/* The functions of the vDSO, as they run in the guest: no library, no data but constants. Clocks are the machine's counters
 * (cpu/counter.h); what has no counter is the system call. Bad pointers fault, as on Linux. Source: vdso(7). */
#include "cpu/counter.h"

enum {
    CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_MONOTONIC_RAW = 4, CLOCK_BOOTTIME = 7, CLOCK_TAI = 11,
    SYS_CLOCK_GETTIME = 228, SYS_CLOCK_GETRES = 229,
};
#define NS_PER_S 1000000000ul

struct timespec { long seconds, ns; };
struct timeval { long seconds, us; };
struct timezone { int minutes_west, dst; };

int __vdso_clock_gettime(int clock, struct timespec *out);
int __vdso_clock_getres(int clock, struct timespec *out);
int __vdso_gettimeofday(struct timeval *out, struct timezone *zone);
long __vdso_time(long *out);
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

static inline unsigned long read_counter(unsigned number) {
    unsigned low, high;
    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return (unsigned long)high << 32 | low;
}

static inline long call(long number, long a, long b) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}

static inline int store(struct timespec *out, unsigned counter) {
    const unsigned long ns = read_counter(counter);
    out->seconds = (long)(ns / NS_PER_S);
    out->ns = (long)(ns % NS_PER_S);
    return 0;
}

int __vdso_clock_gettime(int clock, struct timespec *out) {
    if (clock == CLOCK_MONOTONIC) return store(out, COUNTER_MONOTONIC_NS);
    if (clock == CLOCK_REALTIME) return store(out, COUNTER_REALTIME_NS);
    if (clock == CLOCK_MONOTONIC_RAW) return store(out, COUNTER_MONOTONIC_NS);
    if (clock == CLOCK_BOOTTIME) return store(out, COUNTER_BOOTTIME_NS);
    if (clock == CLOCK_TAI) return store(out, COUNTER_REALTIME_NS);
    return (int)call(SYS_CLOCK_GETTIME, clock, (long)out);
}

int __vdso_clock_getres(int clock, struct timespec *out) {
    return (int)call(SYS_CLOCK_GETRES, clock, (long)out);
}

int __vdso_gettimeofday(struct timeval *out, struct timezone *zone) {
    if (out) {
        const unsigned long ns = read_counter(COUNTER_REALTIME_NS);
        out->seconds = (long)(ns / NS_PER_S);
        out->us = (long)(ns % NS_PER_S / 1000);
    }
    if (zone) *zone = (struct timezone){0, 0};
    return 0;
}

long __vdso_time(long *out) {
    const long seconds = (long)(read_counter(COUNTER_REALTIME_NS) / NS_PER_S);
    if (out) *out = seconds;
    return seconds;
}

long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused) {
    (void)unused;
    if (cpu) *cpu = (unsigned)read_counter(COUNTER_PROCESSOR);
    if (node) *node = 0;
    return 0;
}

#define ALSO(name) __attribute__((weak, alias("__vdso_" #name)))
int clock_gettime(int clock, struct timespec *out) ALSO(clock_gettime);
int clock_getres(int clock, struct timespec *out) ALSO(clock_getres);
int gettimeofday(struct timeval *out, struct timezone *zone) ALSO(gettimeofday);
long time(long *out) ALSO(time);
long getcpu(unsigned *cpu, unsigned *node, void *unused) ALSO(getcpu);
