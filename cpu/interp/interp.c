/* SPDX-License-Identifier: ISC */
/* The engine's loop: finds blocks, runs them, and turns what stops them into exits. Invariant: cpu->budget is exact
 * between blocks; inside a block it is ahead by the instructions of the block that have not run, which uop_raise and
 * uop_stop give back. */
#include "cpu/interp/interp.h"

#include "cpu/engine.h"
#include "cpu/interp/block.h"
#include "cpu/interp/fp.h"

#include <stdlib.h>

uint64_t uop_rip(const struct cpu *cpu, const struct uop *u) {
    return (uint64_t)(u - u->position)->imm + (uint64_t)(int64_t)u->offset;
}

uint64_t uop_next_rip(const struct cpu *cpu, const struct uop *u) {
    return uop_rip(cpu, u) + u->length;
}

/* Gives back the instructions from u on. */
static void unwind(struct cpu *cpu, const struct uop *u) {
    cpu->budget += (u - u->position)->before - u->before;
}

const struct uop *interp_stop(struct cpu *cpu, uint64_t rip, enum exit exit) {
    cpu->state.rip = rip;
    cpu->interp->exit = exit;
    return NULL;
}

const struct uop *interp_raise(struct cpu *cpu, uint64_t rip, enum exception_vector vector, uint32_t error_code) {
    cpu->exception.vector = (uint8_t)vector;
    cpu->exception.error_code = error_code;
    if (vector != EXCEPTION_PF && vector != EXCEPTION_SS && vector != EXCEPTION_GP)
        cpu->exception.fault = (struct mem_fault){.kind = MEM_OK};
    return interp_stop(cpu, rip, EXIT_EXCEPTION);
}

const struct uop *interp_raise_memory(struct cpu *cpu, uint64_t rip, unsigned seg) {
    const struct mem_fault *fault = &cpu->exception.fault;
    if (UNLIKELY(fault->kind == MEM_TAPPED)) return interp_stop(cpu, rip, EXIT_TAPPED);
    if (fault->kind == MEM_FAULT_NONCANONICAL) {
        return interp_raise(cpu, rip, seg == SEG_SS ? EXCEPTION_SS : EXCEPTION_GP, 0);
    }
    /* The upper half looks mapped for the supervisor, whatever is there, as Linux reports it. */
    const uint32_t present = fault->kind == MEM_FAULT_RIGHTS || fault->gva >= SPACE_END ? 1 : 0, user = 4;
    const uint32_t access = fault->access & MEM_EXEC ? 0x10 : fault->access & MEM_WRITE ? 2 : 0;
    return interp_raise(cpu, rip, EXCEPTION_PF, present | user | access);
}

const struct uop *uop_raise(struct cpu *cpu, const struct uop *u, enum exception_vector vector, uint32_t error_code) {
    unwind(cpu, u);
    if (vector == EXCEPTION_GP || vector == EXCEPTION_SS) cpu->exception.fault = (struct mem_fault){.kind = MEM_OK};
    return interp_raise(cpu, uop_rip(cpu, u), vector, error_code);
}

const struct uop *uop_raise_memory(struct cpu *cpu, const struct uop *u) {
    unwind(cpu, u);
    return interp_raise_memory(cpu, uop_rip(cpu, u), u->seg);
}

const struct uop *uop_raise_stack(struct cpu *cpu, const struct uop *u) {
    unwind(cpu, u);
    return interp_raise_memory(cpu, uop_rip(cpu, u), SEG_SS);
}

const struct uop *uop_stop(struct cpu *cpu, const struct uop *u, uint64_t rip, enum exit exit) {
    unwind(cpu, u);
    cpu->budget--;
    return interp_stop(cpu, rip, exit);
}

const struct uop *uop_restart(struct cpu *cpu, const struct uop *u) {
    unwind(cpu, u);
    return interp_stop(cpu, uop_rip(cpu, u), EXIT_NONE);
}

static void sync_retired(struct cpu *cpu) {
    cpu->retired += (uint64_t)(cpu->interp->budget_base - cpu->budget);
    cpu->interp->budget_base = cpu->budget;
}

void uop_sync_retired(struct cpu *cpu, const struct uop *u) {
    const int64_t ahead = (u - u->position)->before - u->before;
    cpu->budget += ahead;
    sync_retired(cpu);
    cpu->budget -= ahead;
}

static const struct uop *fetch_failed(struct cpu *cpu, uint64_t rip, const struct mem_fault *fault) {
    cpu->exception.fault = *fault;
    return interp_raise_memory(cpu, rip, SEG_CS);
}

enum { VISIT_BUDGET = 4096 };

/* NULL, and no fault: the visit ends here. */
static struct block *build(struct cpu *cpu, uint64_t rip, struct mem_fault *fault) {
    enum visit *visit = &cpu->interp->visit;
    if (LIKELY(*visit == VISIT_NONE)) return block_build(cpu, rip, fault);
    const bool is_first = cpu->budget == cpu->interp->visit_budget;
    bool unstable;
    fault->kind = MEM_OK;
    if (!is_first && *visit != VISIT_UNSTABLE) return NULL;
    struct block *block = block_build_visited(cpu, rip, &unstable, fault);
    if (!block) return NULL;
    if (unstable) *visit = VISIT_UNSTABLE;
    return is_first || unstable ? block : NULL;
}

const struct uop *interp_goto(struct cpu *cpu, uint64_t rip) {
    struct cache *cache = &cpu->interp->cache;
    struct block *block = cache_find(cache, rip);
    if (!block) {
        struct mem_fault fault;
        if (cpu->budget <= 0) return interp_stop(cpu, rip, EXIT_BUDGET);
        block = build(cpu, rip, &fault);
        if (!block && fault.kind == MEM_OK) return interp_stop(cpu, rip, EXIT_BUDGET);
        if (!block) return fetch_failed(cpu, rip, &fault);
        if (block == cache->scratch) return block->uop;
    }
    *cache_jump_slot(cache, rip) = (struct jump_slot){rip, block->uop};
    return block->uop;
}

/* Too little budget for the block, or a kick. */
static __attribute__((noinline, cold)) const struct uop *entry_slow(struct cpu *cpu, const struct uop *u) {
    const uint64_t rip = (uint64_t)u->imm;
    const uint16_t n = u->before;
    cpu->budget += n; /* uop_entry took it */
    if (atomic_load_explicit(&cpu->tlb.kick, memory_order_relaxed)) {
        const uint32_t kick = tlb_safe_point(&cpu->tlb);
        if (kick & KICK_CODE) cache_check_all(&cpu->interp->cache);
        if (kick & KICK_EXIT) return interp_stop(cpu, rip, EXIT_KICKED);
    }
    if (cpu->budget <= 0) return interp_stop(cpu, rip, EXIT_BUDGET);
    if (cpu->budget >= n) return interp_goto(cpu, rip);
    struct mem_fault fault;
    const unsigned left = (unsigned)cpu->budget;
    const struct block *block = block_build_truncated(cpu, rip, left, &fault);
    return block ? block->uop : fetch_failed(cpu, rip, &fault);
}

const struct uop *uop_entry(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY((cpu->budget -= u->before) < 0)) return entry_slow(cpu, u);
    if (UNLIKELY(atomic_load_explicit(&cpu->tlb.kick, memory_order_relaxed))) return entry_slow(cpu, u);
    NEXT(cpu, u);
}

const struct uop *uop_entry_verified(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY((cpu->budget -= u->before) < 0)) return entry_slow(cpu, u);
    if (UNLIKELY(atomic_load_explicit(&cpu->tlb.kick, memory_order_relaxed))) return entry_slow(cpu, u);
    if (LIKELY(block_verify(cpu, u))) NEXT(cpu, u);
    cpu->budget += u->before;
    cache_drop(&cpu->interp->cache, block_of(u));
    return interp_goto(cpu, (uint64_t)u->imm);
}

const struct uop *uop_entry_break(struct cpu *cpu, const struct uop *u) {
    if (!cpu->pass_breakpoints) return interp_stop(cpu, (uint64_t)u->imm, cpu->budget > 0 ? EXIT_BREAKPOINT : EXIT_BUDGET);
    return u->size ? uop_entry_verified(cpu, u) : uop_entry(cpu, u);
}

const struct uop *uop_entry_dead(struct cpu *cpu, const struct uop *u) {
    return interp_goto(cpu, (uint64_t)u->imm);
}

const struct uop *uop_resync(struct cpu *cpu, const struct uop *u) {
    return uop_restart(cpu, u);
}

const struct uop *uop_followed(struct cpu *cpu, const struct uop *u) {
    NEXT(cpu, u);
}

const struct uop *uop_goto(struct cpu *cpu, const struct uop *u) {
    GOTO(cpu, (const struct uop *)u->ptr);
}

const struct uop *uop_exit(struct cpu *cpu, const struct uop *u) {
    const struct cache *cache = &cpu->interp->cache;
    const uint64_t generation = cache->generation;
    const struct uop *target = interp_goto(cpu, (uint64_t)u->imm);
    if (!target || cache->generation != generation || block_of(target) == cache->scratch) return target;
    struct uop *branch = (struct uop *)(uintptr_t)u->disp;
    if (block_of(branch)->dead) return target;
    if (branch->fn == uop_exit) branch->fn = uop_goto;
    branch->ptr = target;
    return target;
}

const struct uop *uop_exit_once(struct cpu *cpu, const struct uop *u) {
    return interp_goto(cpu, (uint64_t)u->imm);
}

const struct uop *uop_address_fs(struct cpu *cpu, const struct uop *u) {
    struct cpu_state *s = &cpu->state;
    s->gpr[GPR_ADDRESS] = s->seg_base[u->src] + uop_address(cpu, u);
    NEXT(cpu, u);
}

const struct uop *uop_address_32(struct cpu *cpu, const struct uop *u) {
    struct cpu_state *s = &cpu->state;
    s->gpr[GPR_ADDRESS] = s->seg_base[u->src] + (uint32_t)uop_address(cpu, u);
    NEXT(cpu, u);
}

const struct uop *uop_ud(struct cpu *cpu, const struct uop *u) {
    return uop_raise(cpu, u, EXCEPTION_UD, 0);
}

const struct uop *uop_gp(struct cpu *cpu, const struct uop *u) {
    return uop_raise(cpu, u, EXCEPTION_GP, (uint32_t)u->imm);
}

static void run_blocks(struct cpu *cpu) {
    const struct uop *u = interp_goto(cpu, cpu->state.rip);
    while (u) u = u->fn(cpu, u);
}

/* One instruction, then #DB. A block can only run one with a budget of one. */
static void run_single_step(struct cpu *cpu) {
    struct interp *interp = cpu->interp;
    if (cpu->budget <= 0) {
        interp->exit = EXIT_BUDGET;
        return;
    }
    const int64_t saved = cpu->budget - 1;
    cpu->budget = 1;
    interp->budget_base -= saved;
    run_blocks(cpu);
    const bool retired = cpu->budget == 0;
    cpu->budget += saved;
    interp->budget_base += saved;
    const bool plain = interp->exit == EXIT_NONE || interp->exit == EXIT_BUDGET || interp->exit == EXIT_YIELD;
    if (retired && plain) interp_raise(cpu, cpu->state.rip, EXCEPTION_DB, 0);
}

/* Another engine may have taken KICK_CODE meanwhile. */
static bool take_kicks(struct cpu *cpu) {
    struct interp *interp = cpu->interp;
    const uint32_t kick = tlb_safe_point(&cpu->tlb);
    const uint64_t changes = space_code_changes(cpu->tlb.space);
    if ((kick & KICK_CODE) || changes != interp->code_changes) cache_check_all(&interp->cache);
    interp->code_changes = changes;
    return kick & KICK_EXIT;
}

static bool prepare(struct cpu *cpu) {
    if (cpu->interp) return true;
    cpu->interp = calloc(1, sizeof *cpu->interp);
    if (cpu->interp) cache_init(&cpu->interp->cache);
    return cpu->interp;
}

static enum exit run(struct cpu *cpu, enum visit visit) {
    if (!prepare(cpu)) {
        cpu->exception.fault = (struct mem_fault){.kind = MEM_FAULT_NO_MEMORY, .gva = cpu->state.rip};
        cpu->exception.vector = EXCEPTION_PF;
        return EXIT_EXCEPTION;
    }
    struct interp *interp = cpu->interp;
    interp->visit = visit;
    interp->visit_budget = cpu->budget;
    interp->budget_base = cpu->budget;
    tlb_enter(&cpu->tlb);
    fp_enter(cpu);
    do {
        interp->exit = EXIT_NONE;
        if (take_kicks(cpu)) interp->exit = EXIT_KICKED;
        else if (UNLIKELY(cpu->state.rflags_other & RFLAGS_TF)) run_single_step(cpu);
        else run_blocks(cpu);
    } while (interp->exit == EXIT_NONE);
    fp_leave(cpu);
    tlb_leave(&cpu->tlb);
    sync_retired(cpu);
    return interp->exit;
}

static enum exit interp_run(struct cpu *cpu) {
    return run(cpu, VISIT_NONE);
}

enum exit interp_visit(struct cpu *cpu) {
    const int64_t all = cpu->budget, part = all < VISIT_BUDGET ? all : VISIT_BUDGET;
    cpu->budget = part;
    const enum exit why = run(cpu, VISIT_ONE);
    cpu->budget = all == INT64_MAX ? all : all - (part - cpu->budget);
    return why == EXIT_BUDGET && all > 0 ? EXIT_NONE : why;
}

static void interp_flush(struct cpu *cpu) {
    if (cpu->interp) cache_flush(&cpu->interp->cache);
}

static void interp_fini(struct cpu *cpu) {
    interp_flush(cpu);
    free(cpu->interp);
    cpu->interp = NULL;
}

const struct engine engine_interp = {.name = "interp", .run = interp_run, .flush = interp_flush, .fini = interp_fini};
