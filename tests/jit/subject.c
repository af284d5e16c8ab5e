/* SPDX-License-Identifier: ISC */
/* Runs go on after system calls (which do nothing here), kicks and budgets, up to the program's end. */
#include "tests/jit/subject.h"

#include "cpu/flags.h"
#include "cpu/model.h"
#include "cpu/xsave.h"
#include "host/thread.h"
#include "mmu/space.h"
#include "cpu/jit/jit.h"
#include "cpu/jit/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum pace { PACE_FREE, PACE_STEPS, PACE_SLICES };

struct subject {
    const struct engine *engine;
    enum pace pace;
    bool counts, translates;
    unsigned n_opened;             /* spaces */
    struct frame_pool *pool;
    struct address_space *space;
    struct cpu *cpu;
    struct cpu_env env;
    struct rng rng;
    pthread_t kicker;
    bool is_kicked;
    uint64_t n_kicked;
    _Atomic bool running, stop;    /* atomic: for the kicker */
    _Atomic bool interrupted;      /* atomic: set by another thread */
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

static void map(struct subject *s, uint64_t at, uint64_t size, int prot) {
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED;
    if (space_map(s->space, at, size, prot, flags, NULL, 0) != (int64_t)at) abort();
}

static void *kick(void *arg) {
    struct subject *s = arg;
    struct timespec pause = {0, 30000};
    while (!s->stop) {
        if (s->running) cpu_kick(s->cpu);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static bool choose(struct subject *s, const char *name, bool *window, const char **why) {
    *window = !strncmp(name, "jit", 3);
    s->engine = *window ? engine_jit(why) : &engine_interp;
    s->translates = *window;
    s->env.counting = strstr(name, "count");
    s->counts = !s->translates || s->env.counting;
    s->pace = strstr(name, "steps") ? PACE_STEPS : strstr(name, "slices") ? PACE_SLICES : PACE_FREE;
    s->is_kicked = strstr(name, "kicked");
    if (strstr(name, "stored")) s->env.code_store = jit_store_new(1 << 20);
    s->env.code_is_saved = s->env.code_store;
    return s->engine;
}

#define WARM_GVA 0x24000000ull

/* A translating engine begins with the interpreter: 100,000 instructions make it translate. Done at another place up to three times, so
 * that what comes next does not always lie at the same place in its code. */
static void warm_up(struct subject *s) {
    static const uint8_t code[] = {0xb9, 0x50, 0xc3, 0, 0, 0xff, 0xc9, 0x75, 0xfc, 0x0f, 0x05}; /* ecx = 50000; 1: dec ecx; jnz 1b */
    map(s, WARM_GVA, GUEST_PAGE_SIZE, SPACE_READ | SPACE_WRITE | SPACE_EXEC);
    for (unsigned i = 0; i <= s->n_opened % 3; i++) {
        space_copy_out(s->space, WARM_GVA + i * 64, code, sizeof code);
        s->cpu->state.rip = WARM_GVA + i * 64;
        do {
            s->cpu->budget = INT64_MAX;
        } while (s->engine->run(s->cpu) != EXIT_SYSCALL);
    }
    space_unmap(s->space, WARM_GVA, GUEST_PAGE_SIZE);
    s->n_opened++;
}

static void open_space(struct subject *s) {
    const int rw = SPACE_READ | SPACE_WRITE;
    s->space = space_new(s->pool);
    map(s, ARENA_GVA, ARENA_SIZE, rw);
    map(s, CODE_GVA, CODE_SIZE, rw | SPACE_EXEC);
    map(s, STACK_GVA, STACK_SIZE, rw);
    map(s, CONTROL_GVA, CONTROL_SIZE, rw);
    tlb_attach(&s->cpu->tlb, s->space);
    if (s->translates) warm_up(s);
}

struct subject *subject_new(const char *name, const char **why) {
    struct subject *s = aligned_alloc(64, (sizeof *s + 63) & ~(size_t)63);
    bool window;
    memset(s, 0, sizeof *s);
    if (!choose(s, name, &window, why)) {
        free(s);
        return NULL;
    }
    s->pool = frame_pool_new(window ? SPACE_WINDOWS : SPACE_PAGED);
    s->env.tsc = no_tsc;
    s->env.random = no_random;
    s->env.processor_id = no_processor_id;
    s->env.model = cpu_model_default();
    s->cpu = cpu_new(&s->env);
    open_space(s);
    rng_init(&s->rng, 5);
    if (s->is_kicked && pthread_create(&s->kicker, NULL, kick, s)) abort();
    return s;
}

void subject_renew(struct subject *s) {
    s->engine->flush(s->cpu);
    tlb_attach(&s->cpu->tlb, NULL);
    space_put(s->space);
    open_space(s);
}

void subject_free(struct subject *s) {
    s->stop = true;
    if (s->is_kicked) pthread_join(s->kicker, NULL);
    s->engine->fini(s->cpu);
    cpu_free(s->cpu);
    space_put(s->space);
    frame_pool_free(s->pool);
    jit_store_free(s->env.code_store);
    free(s);
}

void subject_interrupt(struct subject *s) {
    s->interrupted = true;
    cpu_kick(s->cpu);
}

uint64_t subject_kicks(const struct subject *s) {
    return s->n_kicked;
}

bool subject_translates(const struct subject *s) {
    return s->translates;
}

bool subject_keeps(const struct subject *s) {
    return s->env.code_store;
}

bool subject_counts(const struct subject *s) {
    return s->counts;
}

static void load(struct subject *s, const struct program *program) {
    const struct program_state *start = &program->start;
    struct cpu_state *state = &s->cpu->state;
    uint8_t code[CODE_SIZE];
    space_copy_in(s->space, code, CODE_GVA, CODE_SIZE);
    if (memcmp(code, start->code, CODE_SIZE)) space_copy_out(s->space, CODE_GVA, start->code, CODE_SIZE);
    space_copy_out(s->space, ARENA_GVA, start->arena, ARENA_SIZE);
    space_copy_out(s->space, STACK_GVA, start->stack, STACK_SIZE);
    space_copy_out(s->space, CONTROL_GVA, start->control, CONTROL_SIZE);
    memcpy(state->gpr, start->gpr, sizeof start->gpr);
    state->rip = start->rip;
    state->seg_base[SEG_FS] = start->fs_base;
    state->seg_base[SEG_GS] = start->gs_base;
    rflags_set(state, start->rflags);
    xsave_read(state, start->xsave);
    s->cpu->retired = 0;
}

static void store(struct subject *s, struct program_state *out) {
    const struct cpu_state *state = &s->cpu->state;
    memcpy(out->gpr, state->gpr, sizeof out->gpr);
    out->rip = state->rip;
    out->rflags = rflags_get(state);
    out->fs_base = state->seg_base[SEG_FS];
    out->gs_base = state->seg_base[SEG_GS];
    xsave_write(state, out->xsave);
    space_copy_in(s->space, out->arena, ARENA_GVA, ARENA_SIZE);
    space_copy_in(s->space, out->stack, STACK_GVA, STACK_SIZE);
    space_copy_in(s->space, out->control, CONTROL_GVA, CONTROL_SIZE);
    space_copy_in(s->space, out->code, CODE_GVA, CODE_SIZE);
}

static int64_t next_budget(struct subject *s, uint64_t limit) {
    const int64_t rest = (int64_t)(limit - s->cpu->retired);
    int64_t budget = s->counts ? rest : INT64_MAX;
    if (s->pace == PACE_STEPS) budget = 1;
    if (s->pace == PACE_SLICES) budget = 1 + (int64_t)rng_below(&s->rng, s->translates ? 2000 : 30);
    return budget;
}

/* A budget must be used up exactly. */
static bool is_exact(struct subject *s, enum exit exit, int64_t budget, uint64_t before) {
    const uint64_t done = s->cpu->retired - before;
    return exit != EXIT_BUDGET || (done == (uint64_t)budget && s->cpu->budget == 0);
}

void subject_run(struct subject *s, const struct program *program, uint64_t limit, struct outcome_of_run *out) {
    load(s, program);
    s->interrupted = false;
    s->running = true;
    for (;;) {
        const uint64_t before = s->cpu->retired;
        const int64_t budget = next_budget(s, limit);
        s->cpu->budget = budget;
        out->exit = s->engine->run(s->cpu);
        s->n_kicked += out->exit == EXIT_KICKED;
        if (!is_exact(s, out->exit, budget, before)) out->exit = EXIT_NONE;
        if (out->exit == EXIT_EXCEPTION || out->exit == EXIT_NONE || s->cpu->state.rip == program->end) break;
        if ((s->counts && s->cpu->retired >= limit) || s->interrupted) break;
    }
    s->running = false;
    out->exception = s->cpu->exception;
    out->retired = s->cpu->retired;
    store(s, &out->after);
}
