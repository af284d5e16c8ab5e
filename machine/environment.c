/* SPDX-License-Identifier: ISC */
/* Time, randomness and place for the CPU, straight from the host. The time stamp counter ticks once a nanosecond, as
 * the CPU model's CPUID says. */
#include "machine/machine.h"

#include "base/error.h"
#include "cpu/counter.h"

static uint64_t tsc(void *arg) {
    return (uint64_t)host_clock_monotonic_ns();
}

static int random_word(void *arg, uint64_t *out) {
    return host_random(out, sizeof *out);
}

static uint32_t processor(void *arg) {
    const struct lockstep_machine *machine = arg;
    return (uint32_t)host_cpu_current() % machine->cpu_env.n_processors;
}

/* Source: cpu/counter.h. */
static int counter(void *arg, uint32_t number, uint64_t *out) {
    switch (number) {
    case COUNTER_MONOTONIC_NS: *out = (uint64_t)host_clock_monotonic_ns(); return 0;
    case COUNTER_REALTIME_NS: *out = (uint64_t)host_clock_realtime_ns(); return 0;
    case COUNTER_BOOTTIME_NS: *out = (uint64_t)host_clock_boottime_ns(); return 0;
    case COUNTER_PROCESSOR: *out = processor(arg); return 0;
    default: return -EINVAL;
    }
}

void machine_init_cpu_env(struct lockstep_machine *machine, const struct cpu_model *model) {
    machine->cpu_env = (struct cpu_env){
        .tsc = tsc,
        .counter = counter,
        .host_counters = true,
        .n_processors = (uint32_t)host_cpu_count(),
        .random = random_word,
        .processor_id = processor,
        .arg = machine,
        .model = model,
        .split_lock = &machine->split_lock,
        .log = &machine->log,
    };
}
