/* SPDX-License-Identifier: ISC */
/* The interpreter as subject: an address space with the fixed ranges, one cpu, a budget of one instruction. */
#include "tests/differential/interp_run.h"

#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/xsave.h"
#include "mmu/space.h"

#include <stdlib.h>
#include <string.h>

struct interp_runner {
    struct frame_pool *pool;
    struct address_space *space;
    struct cpu *cpu;
    struct cpu_env env;
};

static uint64_t no_tsc(void *arg, uint64_t retired) {
    return 0;
}

static int no_random(void *arg, uint64_t *out) {
    *out = 0;
    return 0;
}

static uint32_t no_processor_id(void *arg) {
    return 0;
}

struct interp_runner *interp_runner_new(void) {
    struct interp_runner *r = calloc(1, sizeof *r);
    r->pool = frame_pool_new(SPACE_PAGED);
    r->space = space_new(r->pool);
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED;
    space_map(r->space, CODE_GVA, CODE_PAGES_SIZE, SPACE_READ | SPACE_WRITE | SPACE_EXEC, flags, NULL, 0);
    space_map(r->space, DATA_GVA, DATA_SIZE, SPACE_READ | SPACE_WRITE, flags, NULL, 0);
    r->env = (struct cpu_env){.tsc = no_tsc, .random = no_random, .processor_id = no_processor_id,
                              .model = cpu_model_default()};
    r->cpu = cpu_new(&r->env);
    tlb_attach(&r->cpu->tlb, r->space);
    return r;
}

void interp_runner_free(struct interp_runner *r) {
    cpu_free(r->cpu);
    space_put(r->space);
    frame_pool_free(r->pool);
    free(r);
}

static void load(struct interp_runner *r, const struct instance *instance) {
    const struct machine_state *s = &instance->before;
    struct cpu_state *state = &r->cpu->state;
    space_copy_out(r->space, DATA_GVA, s->data, DATA_SIZE);
    uint8_t code[CODE_PAGES_SIZE];
    memset(code, CODE_FILL, sizeof code);
    memcpy(code + (s->rip - CODE_GVA), instance->bytes, instance->length);
    space_copy_out(r->space, CODE_GVA, code, sizeof code);
    memcpy(state->gpr, s->gpr, sizeof s->gpr);
    state->rip = s->rip;
    rflags_set(state, s->rflags);
    xsave_read(state, s->xsave);
    r->cpu->budget = 1;
    r->cpu->retired = 0;
}

static void store(struct interp_runner *r, struct result *out) {
    const struct cpu_state *state = &r->cpu->state;
    memcpy(out->after.gpr, state->gpr, sizeof out->after.gpr);
    out->after.rip = state->rip;
    out->after.rflags = rflags_get(state);
    xsave_write(state, out->after.xsave);
    space_copy_in(r->space, out->after.data, DATA_GVA, DATA_SIZE);
    space_copy_in(r->space, out->after.code, CODE_GVA, CODE_PAGES_SIZE);
}

void interp_run(struct interp_runner *r, const struct instance *instance, struct result *out) {
    load(r, instance);
    const enum exit reason = engine_interp.run(r->cpu);
    const struct exception *e = &r->cpu->exception;
    store(r, out);
    out->outcome = reason == EXIT_EXCEPTION ? OUTCOME_EXCEPTION : OUTCOME_RETIRED;
    out->vector = e->vector;
    out->error_code = e->error_code;
    out->fault_address = e->fault.gva;
    if (out->outcome == OUTCOME_RETIRED && r->cpu->retired != 1) {
        out->outcome = OUTCOME_EXCEPTION; /* shows up as a difference: the count must be exact */
        out->vector = 255;
    }
}
