/* SPDX-License-Identifier: ISC */
/* One virtual CPU: state, TLB, budget, and the outside facts it may ask for. Belongs to one guest thread and is
 * touched by that thread only, save tlb.kick. */
#pragma once

#include "cpu/exit.h"
#include "cpu/state.h"
#include "mmu/tlb.h"

struct cpu_model;
struct host_mutex;
struct jit_store;
struct log;

/* What the CPU learns from outside. Deterministic mode supplies its own functions. */
struct cpu_env {
    uint64_t (*tsc)(void *arg, uint64_t retired);  /* RDTSC(P) of a thread that has retired so many instructions */
    int (*random)(void *arg, uint64_t *out);       /* RDRAND, RDSEED: 0 or -E */
    /* RDPMC: the counter with that number (cpu/counter.h). Returns 0, or -E: there is none, #GP. NULL: no counters. */
    int (*counter)(void *arg, uint32_t number, uint64_t retired, uint64_t *out);
    uint32_t (*processor_id)(void *arg);           /* RDTSCP, RDPID, CPUID leaf 1 */
    void *arg;
    const struct cpu_model *model;                 /* CPUID; immutable */
    struct host_mutex *split_lock;                 /* borrowed, one per machine: LOCK on operands that are not naturally
                                                    * aligned; NULL: only one CPU runs at a time */
    size_t code_limit;                             /* bytes of translated code of each space; 0: the engine's own limit */
    struct jit_store *code_store;                  /* borrowed: where spaces of later processes leave translated code for others; may be NULL */
    bool code_is_saved;                            /* the first process does so, too, since the store becomes a file */
    bool is_copied;                                /* the process may be copied (host/branch.h): code is private memory */
    const struct log *log;                         /* borrowed; may be NULL */
    uint32_t n_processors;                         /* whose numbers processor_id gives: the host's, folded into these; 0: not folded */
    bool host_counters;                            /* tsc and counter are the host's clocks: an engine may read those itself */
    bool counting;                                 /* every engine counts; else one may run without a count while the budget is
                                                    * INT64_MAX */
};

struct interp; /* private to cpu/interp */

struct cpu {
    struct cpu_state state;
    int64_t budget;             /* instructions left before EXIT_BUDGET; INT64_MAX: no limit */
    uint64_t retired;           /* instructions retired since the thread began; exact whenever the engine is left */
    struct exception exception; /* valid after EXIT_EXCEPTION */
    bool yield_on_pause;        /* set by a serialising scheduler */
    bool pass_breakpoints;      /* set by a debugger: they do not stop this thread */
    const struct cpu_env *env;  /* borrowed for the CPU's life */
    struct interp *interp;      /* owned; made at the first run */
    struct tlb tlb;
};

/* In the state that Linux gives a new program. Returns NULL without memory. Aligned as union vec needs. */
struct cpu *cpu_new(const struct cpu_env *env);
/* Gives it that state: zeroes, then fcw 0x37f, mxcsr 0x1f80, rflags 0x202, CS 0x33, SS 0x2b. */
void cpu_reset_state(struct cpu *cpu);
void cpu_free(struct cpu *cpu);
/* Copies the architectural state for a new thread. */
void cpu_copy_state(struct cpu *to, const struct cpu *from);
/* Asks the engine to return EXIT_KICKED soon; from any thread. */
void cpu_kick(struct cpu *cpu);
