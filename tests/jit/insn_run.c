/* SPDX-License-Identifier: ISC */
/* The space is renewed now and then: a page whose code is written again and again is no longer translated. */
#include "tests/jit/insn_run.h"

#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/xsave.h"
#include "mmu/space.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_PER_SPACE 6
#define WARM_GVA 0x24000000ull /* nothing of an instance's */

struct insn_runner {
    const struct engine *engine;
    struct frame_pool *pool;
    struct address_space *space;
    struct cpu *cpu;
    struct cpu_env env;
    unsigned runs;
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

/* A translating engine begins with the interpreter: 100,000 instructions make it translate. */
static void warm_up(struct insn_runner *r, uint64_t at) {
    static const uint8_t code[] = {0xb9, 0x50, 0xc3, 0, 0, 0xff, 0xc9, 0x75, 0xfc, 0x0f, 0x05}; /* ecx = 50000; 1: dec ecx; jnz 1b */
    space_map(r->space, at, GUEST_PAGE_SIZE, SPACE_READ | SPACE_WRITE | SPACE_EXEC, SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED, NULL, 0);
    space_copy_out(r->space, at, code, sizeof code);
    r->cpu->state.rip = at;
    r->cpu->budget = INT64_MAX;
    r->engine->run(r->cpu);
    space_unmap(r->space, at, GUEST_PAGE_SIZE);
}

static void write_traps(struct insn_runner *r) {
    uint8_t traps[CODE_PAGES_SIZE];
    memset(traps, CODE_FILL, sizeof traps);
    space_copy_out(r->space, CODE_GVA, traps, sizeof traps);
}

static void open_space(struct insn_runner *r) {
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED;
    r->space = space_new(r->pool);
    space_map(r->space, CODE_GVA, CODE_PAGES_SIZE, SPACE_READ | SPACE_WRITE | SPACE_EXEC, flags, NULL, 0);
    space_map(r->space, DATA_GVA, DATA_SIZE, SPACE_READ | SPACE_WRITE, flags, NULL, 0);
    write_traps(r);
    tlb_attach(&r->cpu->tlb, r->space);
    if (r->engine != &engine_interp) warm_up(r, WARM_GVA);
}

struct insn_runner *insn_runner_new(const struct engine *engine, bool window) {
    struct insn_runner *r = calloc(1, sizeof *r);
    r->engine = engine;
    r->pool = frame_pool_new(window ? SPACE_WINDOWS : SPACE_PAGED);
    r->env = (struct cpu_env){.tsc = no_tsc, .random = no_random, .processor_id = no_processor_id, .model = cpu_model_default()};
    r->cpu = cpu_new(&r->env);
    open_space(r);
    return r;
}

static void close_space(struct insn_runner *r) {
    r->engine->flush(r->cpu);
    tlb_attach(&r->cpu->tlb, NULL);
    space_put(r->space);
}

void insn_runner_free(struct insn_runner *r) {
    close_space(r);
    r->engine->fini(r->cpu);
    cpu_free(r->cpu);
    frame_pool_free(r->pool);
    free(r);
}

static void load(struct insn_runner *r, const struct instance *instance) {
    const struct machine_state *s = &instance->before;
    struct cpu_state *state = &r->cpu->state;
    space_copy_out(r->space, DATA_GVA, s->data, DATA_SIZE);
    space_copy_out(r->space, s->rip, instance->bytes, instance->length);
    memcpy(state->gpr, s->gpr, sizeof s->gpr);
    state->rip = s->rip;
    rflags_set(state, s->rflags);
    xsave_read(state, s->xsave);
    r->cpu->budget = INT64_MAX;
}

static void store(struct insn_runner *r, struct result *out) {
    const struct cpu_state *state = &r->cpu->state;
    memcpy(out->after.gpr, state->gpr, sizeof out->after.gpr);
    out->after.rip = state->rip;
    out->after.rflags = rflags_get(state);
    xsave_write(state, out->after.xsave);
    space_copy_in(r->space, out->after.data, DATA_GVA, DATA_SIZE);
    space_copy_in(r->space, out->after.code, CODE_GVA, CODE_PAGES_SIZE);
    write_traps(r);
}

/* The instruction is done when another one could not be fetched, or was an INT3 (the instance is never one itself). */
static bool has_retired(const struct insn_runner *r, const struct instance *instance, struct result *out) {
    const struct exception *e = &r->cpu->exception;
    if (e->vector == EXCEPTION_BP) {
        out->after.rip--;
        return true;
    }
    return e->vector == EXCEPTION_PF && e->fault.access & MEM_EXEC && out->after.rip != instance->before.rip;
}

void insn_run(struct insn_runner *r, const struct instance *instance, struct result *out) {
    if (++r->runs % RUNS_PER_SPACE == 0) {
        close_space(r);
        open_space(r);
    }
    load(r, instance);
    const enum exit reason = r->engine->run(r->cpu);
    store(r, out);
    const struct exception *e = &r->cpu->exception;
    out->outcome = OUTCOME_EXCEPTION;
    out->vector = reason == EXIT_EXCEPTION ? e->vector : 255; /* a difference: no other way to stop is expected */
    out->error_code = e->error_code;
    out->fault_address = e->fault.gva;
    if (reason == EXIT_EXCEPTION && has_retired(r, instance, out)) out->outcome = OUTCOME_RETIRED;
}
