/* SPDX-License-Identifier: ISC */
/* Time, randomness and place for the CPU and the kernel: the host's, or, in a deterministic machine, what the seed and the count of
 * instructions say. The time stamp counter ticks once a nanosecond, as the CPU model's CPUID says. */
#include "machine/machine.h"

#include "base/error.h"
#include "cpu/counter.h"

enum { SERIAL_PROCESSORS = 4 }; /* as the guest counts them, whatever the host has; all threads are on the first */

static uint64_t tsc(void *arg, uint64_t retired) {
    return (uint64_t)host_clock_monotonic_ns();
}

static uint64_t serial_tsc(void *arg, uint64_t retired) {
    struct lockstep_machine *machine = arg;
    return (uint64_t)scheduler_running_ns(machine->scheduler, retired);
}

static int fill_from_host(void *arg, void *out, size_t n) {
    return host_random(out, n);
}

static int fill_from_seed(void *arg, void *out, size_t n) {
    struct lockstep_machine *machine = arg;
    random_fill(&machine->random, out, n);
    return 0;
}

static int random_word(void *arg, uint64_t *out) {
    const struct lockstep_machine *machine = arg;
    return entropy_fill(&machine->entropy, out, sizeof *out);
}

static uint32_t processor(void *arg) {
    const struct lockstep_machine *machine = arg;
    return (uint32_t)host_cpu_current() % machine->cpu_env.n_processors;
}

/* Source: cpu/counter.h. */
static int counter(void *arg, uint32_t number, uint64_t retired, uint64_t *out) {
    switch (number) {
    case COUNTER_MONOTONIC_NS: *out = (uint64_t)host_clock_monotonic_ns(); return 0;
    case COUNTER_REALTIME_NS: *out = (uint64_t)host_clock_realtime_ns(); return 0;
    case COUNTER_BOOTTIME_NS: *out = (uint64_t)host_clock_boottime_ns(); return 0;
    case COUNTER_PROCESSOR: *out = processor(arg); return 0;
    default: return -EINVAL;
    }
}

static uint32_t only_processor(void *arg) {
    return 0;
}

static int serial_counter(void *arg, uint32_t number, uint64_t retired, uint64_t *out) {
    struct lockstep_machine *machine = arg;
    const uint64_t now = (uint64_t)scheduler_running_ns(machine->scheduler, retired);
    switch (number) {
    case COUNTER_MONOTONIC_NS:
    case COUNTER_BOOTTIME_NS: *out = now; return 0;
    case COUNTER_REALTIME_NS: *out = now + (uint64_t)scheduler_boot_realtime_ns(machine->scheduler); return 0;
    case COUNTER_PROCESSOR: *out = 0; return 0;
    default: return -EINVAL;
    }
}

void machine_init_entropy(struct lockstep_machine *machine, bool is_serial) {
    machine->entropy = (struct entropy){is_serial ? fill_from_seed : fill_from_host, machine};
}

void machine_init_cpu_env(struct lockstep_machine *machine, const struct cpu_model *model) {
    const bool is_serial = scheduler_is_serial(machine->scheduler);
    machine->cpu_env = (struct cpu_env){
        .tsc = is_serial ? serial_tsc : tsc,
        .counter = is_serial ? serial_counter : counter,
        .host_counters = !is_serial,
        .n_processors = is_serial ? SERIAL_PROCESSORS : (uint32_t)host_cpu_count(),
        .random = random_word,
        .processor_id = is_serial ? only_processor : processor,
        .arg = machine,
        .model = model,
        .split_lock = &machine->split_lock,
        .log = &machine->log,
    };
}
