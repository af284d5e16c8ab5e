/* SPDX-License-Identifier: ISC */
/* Time, randomness and place for the CPU, straight from the host. The time stamp counter ticks once a nanosecond, as
 * the CPU model's CPUID says. */
#include "machine/machine.h"

static uint64_t tsc(void *arg) {
    return (uint64_t)host_clock_monotonic_ns();
}

static int random_word(void *arg, uint64_t *out) {
    return host_random(out, sizeof *out);
}

static uint32_t processor(void *arg) {
    return (uint32_t)host_cpu_current();
}

void machine_init_cpu_env(struct lockstep_machine *machine, const struct cpu_model *model) {
    machine->cpu_env = (struct cpu_env){
        .tsc = tsc,
        .random = random_word,
        .processor_id = processor,
        .arg = machine,
        .model = model,
        .split_lock = &machine->split_lock,
        .log = &machine->log,
    };
}
