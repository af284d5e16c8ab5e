/* SPDX-License-Identifier: ISC */
/* The little machine of the CPU tests. */
#include "tests/cpu/guest.h"

#include <stdlib.h>

static uint64_t fixed_tsc(void *arg, uint64_t retired) {
    const struct guest *guest = arg;
    return guest->cpu->retired;
}

static int fixed_random(void *arg, uint64_t *out) {
    *out = 0x1122334455667788;
    return 0;
}

static uint32_t fixed_processor(void *arg) {
    return 3;
}

void guest_init(struct guest *guest) {
    guest->pool = frame_pool_new(SPACE_PAGED);
    guest->space = space_new(guest->pool);
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED, rw = SPACE_READ | SPACE_WRITE;
    space_map(guest->space, CODE, CODE_SIZE, rw | SPACE_EXEC, flags, NULL, 0);
    space_map(guest->space, DATA, DATA_SIZE, rw, flags, NULL, 0);
    guest->env = (struct cpu_env){.tsc = fixed_tsc, .random = fixed_random, .processor_id = fixed_processor,
                                  .arg = guest, .model = cpu_model_default()};
    guest->cpu = cpu_new(&guest->env);
    tlb_attach(&guest->cpu->tlb, guest->space);
    REG(guest, RSP) = DATA + DATA_SIZE - 64;
}

void guest_fini(struct guest *guest) {
    cpu_free(guest->cpu);
    space_put(guest->space);
    frame_pool_free(guest->pool);
}

void guest_code(struct guest *guest, const void *code, size_t n) {
    if (space_poke(guest->space, CODE, code, n)) abort();
    guest->cpu->state.rip = CODE;
}

enum exit guest_run(struct guest *guest, int64_t budget) {
    guest->cpu->budget = budget;
    return engine_interp.run(guest->cpu);
}
