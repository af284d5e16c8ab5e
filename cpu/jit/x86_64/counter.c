/* SPDX-License-Identifier: ISC */
/* See counter.h: nothing here may touch a vector register. */
#include "cpu/jit/x86_64/counter.h"

#include "cpu/counter.h"

#include <stddef.h>

static struct counter_reading clock(const struct counter_source *source, enum host_vdso_clock which) {
    int64_t time[2];
    source->vdso.clock(which, time);
    return (struct counter_reading){(uint64_t)(time[0] * 1000000000 + time[1]), 1};
}

static struct counter_reading processor(const struct counter_source *source) {
    uint32_t cpu;
    source->vdso.processor(&cpu, NULL, NULL);
    return (struct counter_reading){source->n_processors ? cpu % source->n_processors : cpu, 1};
}

struct counter_reading counter_read(uint32_t number, const struct counter_source *source) {
    switch (number) {
    case COUNTER_MONOTONIC_NS: return clock(source, HOST_VDSO_MONOTONIC);
    case COUNTER_REALTIME_NS: return clock(source, HOST_VDSO_REALTIME);
    case COUNTER_BOOTTIME_NS: return clock(source, HOST_VDSO_BOOTTIME);
    case COUNTER_PROCESSOR: return processor(source);
    default: return (struct counter_reading){0, 0};
    }
}
