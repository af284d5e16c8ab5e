/* SPDX-License-Identifier: ISC */
/* The engine's loop: enters translated code, and serves what it leaves for. Whatever is not translated, and every fault, goes to
 * the interpreter for one instruction, which either gets it done or gives the exact exception. */
#include "cpu/jit/jit.h"

#include "cpu/flags.h"
#include "cpu/jit/x86_64/code_space.h"
#include "cpu/jit/x86_64/signals.h"
#include "cpu/jit/x86_64/thread.h"
#include "cpu/jit/x86_64/x87_state.h"
#include "host/fault.h"
#include "host/segment.h"

#include <string.h>

enum { WARM_UP = 20000 }; /* instructions */

_Thread_local struct jit_thread jit_thread;

int32_t jit_thread_at(const void *member) {
    uint64_t fs_base;
    __asm__("mov %%fs:0, %0" : "=r"(fs_base));
    return (int32_t)((int64_t)(uintptr_t)member - (int64_t)fs_base);
}

/* What left translated code, read before the thread counts as outside. */
struct leaving {
    enum jit_exit_kind kind;
    uint64_t pc, generation;
    uint32_t exit;
};

static void load_state(struct cpu *cpu, const struct jit_space *space, uint64_t host) {
    struct cpu_state *s = &cpu->state;
    jit_thread.base = space->base;
    jit_thread.minus_base = -space->base;
    jit_thread.state = s;
    jit_thread.target = host;
    jit_thread.is_kicked = 0;
    jit_thread.r10 = s->gpr[R10];
    jit_thread.r11 = s->gpr[R11];
    jit_thread.budget = cpu->budget - JIT_RESERVE;
    jit_thread.guest_rsp = s->gpr[RSP] + space->base;
    jit_thread.rflags = rflags_get(s);
    jit_thread.seg_base[0] = s->seg_base[SEG_FS];
    jit_thread.seg_base[1] = s->seg_base[SEG_GS];
}

/* Code was left in the midst of a unit whose counter is a vector register: its value has come with the guest's. */
static void take_vector(struct cpu_state *s) {
    uint64_t *vector = s->ymm[jit_thread.counter_vector].u64;
    jit_thread.budget += (int64_t)vector[0];
    vector[0] = jit_thread.kept_vector[0];
    vector[1] = jit_thread.kept_vector[1];
    jit_thread.counter_vector = 0;
}

static void store_count(struct cpu *cpu) {
    if (jit_thread.counter_vector) take_vector(&cpu->state);
    const int64_t left = jit_thread.budget + JIT_RESERVE;
    cpu->retired += (uint64_t)(cpu->budget - left);
    cpu->budget = left;
}

static void store_state(struct cpu *cpu) {
    struct cpu_state *s = &cpu->state;
    if (cpu->env->counting) store_count(cpu);
    s->gpr[RSP] = jit_thread.guest_rsp - jit_thread.base;
    s->gpr[R10] = jit_thread.r10;
    s->gpr[R11] = jit_thread.r11;
    rflags_set(s, jit_thread.rflags & ~(uint64_t)RFLAGS_TF);
}

/* A jump or return to an address that no user may have has not happened: back to before it. Returns where that is, or 0. */
static uint64_t undo_branch(const struct jit_space *space, enum jit_exit_kind kind) {
    struct jit_record record;
    if (kind != JIT_EXIT_JUMP_MISS && kind != JIT_EXIT_RETURN_MISS) return 0;
    const struct jit_unit *unit = jit_thread.jump >> 47 ? jit_space_unit_at(space, jit_thread.source) : NULL;
    if (!unit || !records_find(space->records + unit->records, unit->n_records, jit_thread.source - unit->start, &record)) return 0;
    jit_thread.budget += record.ahead;
    if (kind == JIT_EXIT_RETURN_MISS) jit_thread.guest_rsp -= 8;
    return unit->pc + (uint64_t)(int16_t)record.guest;
}

/* Where translated code starts; void when the generation has changed. */
struct start {
    uint64_t host, generation;
};

/* Runs translated code. Returns the kick bits instead if there were any, or if its code has been dropped meanwhile. */
static uint32_t enter(struct cpu *cpu, struct jit_space *space, const struct start *start, struct leaving *out) {
    typedef void entry_fn(void);
    load_state(cpu, space, start->host);
    jit_thread.space = space;
    uint32_t kick = tlb_native_enter(&cpu->tlb);
    if (!kick && UNLIKELY(start->generation != space->generation)) {
        tlb_native_leave(&cpu->tlb);
        kick = KICK_TLB;
    }
    if (kick) {
        jit_thread.space = NULL;
        return kick;
    }
    const bool x87_loaded = x87_enter(&cpu->state, atomic_load_explicit(&space->uses_x87, memory_order_relaxed));
    ((entry_fn *)(uintptr_t)jit_space_address(space, space->enter))();
    if (x87_loaded || atomic_load_explicit(&space->uses_x87, memory_order_relaxed)) x87_leave(&cpu->state);
    const struct jit_exit *exit = &space->exits[jit_thread.exit];
    *out = (struct leaving){(enum jit_exit_kind)exit->kind, exit->pc, space->generation, jit_thread.exit};
    if (!out->pc) out->pc = undo_branch(space, out->kind);
    jit_thread.space = NULL;
    tlb_native_leave(&cpu->tlb);
    store_state(cpu);
    return 0;
}

static enum exit finish_syscall(struct cpu *cpu, uint64_t next) {
    struct cpu_state *s = &cpu->state;
    s->rip = s->gpr[RCX] = next;
    s->gpr[R11] = rflags_get(s);
    return EXIT_SYSCALL;
}

static void link(struct cpu *cpu, struct jit_space *space, const struct leaving *why) {
    host_mutex_lock(&space->lock);
    const bool is_call = why->kind == JIT_EXIT_CALL;
    const struct jit_entry *entry =
        is_call ? jit_space_find_call(space, cpu, why->pc) : jit_space_find(space, cpu, why->pc);
    if (entry && why->generation == space->generation) jit_space_link(space, why->exit, entry);
    host_mutex_unlock(&space->lock);
}

static void add_target(struct cpu *cpu, struct jit_space *space, enum jit_way way) {
    cpu->state.rip = jit_thread.jump;
    host_mutex_lock(&space->lock);
    jit_space_add_target(space, cpu, way, jit_thread.jump);
    host_mutex_unlock(&space->lock);
}

/* Puts the guest's return address where the host's still is. The guest has been allowed to write there; it need not be any more. */
static void restore_return_address(const struct cpu *cpu, int64_t distance, const uint64_t *address) {
    const uint64_t at = jit_thread.guest_rsp + (uint64_t)distance;
    if (host_guard_copy((void *)(uintptr_t)at, address, 8) == 8) return;
    space_poke(cpu->tlb.space, at - jit_thread.base, address, 8);
}

/* The return has not happened. */
static enum exit repeat_return(struct cpu *cpu) {
    restore_return_address(cpu, 0, &jit_thread.jump);
    cpu->state.rip = jit_thread.fault_rip;
    return interp_visit(cpu);
}

/* why->pc: of the branch, if it has been undone. */
static enum exit miss(struct cpu *cpu, struct jit_space *space, const struct leaving *why, enum jit_way way) {
    if (why->pc) {
        cpu->state.rip = why->pc;
        return interp_visit(cpu);
    }
    add_target(cpu, space, way);
    return EXIT_NONE;
}

static enum exit serve(struct cpu *cpu, struct jit_space *space, const struct leaving *why) {
    struct cpu_state *s = &cpu->state;
    switch (why->kind) {
    case JIT_EXIT_SYSCALL: return finish_syscall(cpu, why->pc);
    case JIT_EXIT_LINK:
    case JIT_EXIT_CALL:
        s->rip = why->pc;
        link(cpu, space, why);
        return EXIT_NONE;
    case JIT_EXIT_JUMP_MISS: return miss(cpu, space, why, JIT_BY_JUMP);
    case JIT_EXIT_CALL_MISS:
        restore_return_address(cpu, 0, &jit_thread.return_to);
        add_target(cpu, space, JIT_BY_CALL);
        return EXIT_NONE;
    case JIT_EXIT_RETURN_MISS:
        restore_return_address(cpu, why->pc ? 0 : -8, &jit_thread.jump);
        return miss(cpu, space, why, JIT_BY_RETURN);
    case JIT_EXIT_STOPPED: s->rip = jit_thread.fault_rip; return EXIT_NONE;
    case JIT_EXIT_FAULTED: s->rip = jit_thread.fault_rip; return interp_visit(cpu);
    case JIT_EXIT_RETURN_FAULTED: return repeat_return(cpu);
    case JIT_EXIT_INTERPRET: s->rip = why->pc; return interp_visit(cpu);
    case JIT_EXIT_BUDGET: s->rip = why->pc; return engine_interp.run(cpu);
    default: return EXIT_NONE;
    }
}

static enum exit take_kicks(struct cpu *cpu, struct jit_space *space, uint32_t kick) {
    if (kick & KICK_CODE) {
        host_mutex_lock(&space->lock);
        jit_space_check(space, cpu);
        host_mutex_unlock(&space->lock);
    }
    return kick & KICK_EXIT ? EXIT_KICKED : EXIT_NONE;
}

static struct start look_up(struct cpu *cpu, struct jit_space *space, uint64_t pc) {
    host_mutex_lock(&space->lock);
    const struct jit_entry *entry = jit_space_find_stop(space, cpu, pc);
    const struct start start = {entry ? jit_space_address(space, entry->host) : 0, space->generation};
    host_mutex_unlock(&space->lock);
    return start;
}

/* System calls come back to the same places: those are found without the lock. What is remembered is void after anything was
 * dropped or is to be (the interpreter may have taken the kick), and after an exec. */
static struct start find(struct cpu *cpu, struct jit_space *space, uint64_t pc) {
    struct jit_recent *recent = &jit_thread.recent[pc >> 1 & (JIT_RECENT - 1)];
    const uint64_t drops = atomic_load(&space->drops), changes = space_code_changes(cpu->tlb.space);
    if (recent->pc == pc && recent->drops == drops && recent->changes == changes) return (struct start){recent->host, recent->generation};
    const struct start start = look_up(cpu, space, pc);
    if (start.host) *recent = (struct jit_recent){pc, start.host, start.generation, drops, changes};
    return start;
}

static void forget_recent(const struct jit_space *space) {
    memset(jit_thread.recent, 0, sizeof jit_thread.recent);
    jit_thread.recent_of = space;
}

static bool must_be_exact(const struct cpu *cpu) {
    return !cpu->env->counting && (cpu->budget != INT64_MAX || cpu->yield_on_pause);
}

/* Flags that would act on code of ours. */
static bool has_system_flags(const struct cpu *cpu) {
    return cpu->state.rflags_other & (RFLAGS_TF | RFLAGS_AC | RFLAGS_NT);
}

static enum exit run_translated(struct cpu *cpu, struct jit_space *space) {
    for (;;) {
        if (has_system_flags(cpu) || (space->counting && cpu->budget < JIT_RESERVE)) return engine_interp.run(cpu);
        struct leaving why;
        const struct start start = find(cpu, space, cpu->state.rip);
        enum exit exit;
        if (!start.host) {
            exit = interp_visit(cpu);
        } else {
            const uint32_t kick = enter(cpu, space, &start, &why);
            exit = kick ? take_kicks(cpu, space, kick) : serve(cpu, space, &why);
        }
        if (exit != EXIT_NONE) return exit;
    }
}

static bool prepare_thread(struct cpu *cpu) {
    if (jit_thread.host_mxcsr) return true;
    if (host_fault_claim(jit_claim_fault, NULL) != 0) return false;
    host_kick_self(&cpu->tlb.thread);
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    jit_thread.host_mxcsr = mxcsr;
    return true;
}

/* A slow call on hosts where programs may not do it themselves: only when it changes. */
static bool set_gs(uint64_t base) {
    if (jit_thread.gs_base == base) return true;
    if (host_thread_set_gs_base(base) != 0) return false;
    jit_thread.gs_base = base;
    return true;
}

/* Most of what a small program or a forked child does, it does once: the first instructions of a space are interpreted, and if
 * there are not many it never needs memory for translations. EXIT_NONE: warm. */
static enum exit warm_up(struct cpu *cpu) {
    const struct address_space *space = cpu->tlb.space;
    if (space_attachment(space)) return EXIT_NONE;
    if (jit_thread.warming != space) {
        jit_thread.warming = space;
        jit_thread.warm_up_left = WARM_UP;
    }
    if (jit_thread.warm_up_left <= 0) return EXIT_NONE;
    const int64_t all = cpu->budget, part = all < jit_thread.warm_up_left ? all : jit_thread.warm_up_left;
    cpu->budget = part;
    const enum exit why = engine_interp.run(cpu);
    const int64_t done = part - cpu->budget;
    jit_thread.warm_up_left -= done;
    cpu->budget = all == INT64_MAX ? all : all - done;
    return why == EXIT_BUDGET && cpu->budget > 0 ? EXIT_NONE : why;
}

static enum exit jit_run(struct cpu *cpu) {
    if (must_be_exact(cpu) || space_base(cpu->tlb.space) == SPACE_NO_BASE || !prepare_thread(cpu)) return engine_interp.run(cpu);
    const enum exit early = warm_up(cpu);
    if (early != EXIT_NONE) return early;
    struct jit_space *space = jit_space_of(cpu);
    if (!space || !set_gs(space->base)) return engine_interp.run(cpu);
    if (UNLIKELY(jit_thread.recent_of != space)) forget_recent(space); /* fibers of several processes share a host thread */
    return run_translated(cpu, space);
}

static void jit_flush(struct cpu *cpu) {
    forget_recent(NULL);
    engine_interp.flush(cpu);
}

static void jit_fini(struct cpu *cpu) {
    forget_recent(NULL);
    engine_interp.fini(cpu);
    if (jit_thread.host_mxcsr) host_fault_claim(NULL, NULL);
    jit_thread.host_mxcsr = 0;
    jit_thread.warming = NULL; /* another space may come to lie where that one did */
}

static const struct engine engine = {.name = "jit", .wants_windows = true, .run = jit_run, .flush = jit_flush, .fini = jit_fini};

const struct engine *engine_jit(const char **why) {
    *why = "the host's processor lacks AVX2 or BMI2";
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &engine : NULL;
}
