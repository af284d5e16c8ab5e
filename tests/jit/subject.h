/* SPDX-License-Identifier: ISC */
/* An engine over a memory back end, with the programs' memory mapped: what a program runs on. */
#pragma once

#include "cpu/engine.h"
#include "tests/jit/program.h"

/* What a run came to. */
struct outcome_of_run {
    enum exit exit;
    struct exception exception; /* of EXIT_EXCEPTION */
    uint64_t retired;           /* as far as the engine counts */
    struct program_state after;
};

struct subject;

/* name: interp; steps (the interpreter, one instruction a time); slices (random budgets); jit; jit-count; jit-count-slices; kicked,
 * jit-kicked and jit-count-kicked (another thread kicks the CPU all the time); jit-stored and jit-count-stored (spaces that come later take
 * what earlier ones have translated). Returns NULL with *why if the host cannot. */
struct subject *subject_new(const char *name, const char **why);
void subject_free(struct subject *subject);
/* A new address space: pages whose code is written again and again are no longer translated. */
void subject_renew(struct subject *subject);
/* Code, memory and registers are set first. limit: instructions after which a counting engine gives up (EXIT_BUDGET). */
void subject_run(struct subject *subject, const struct program *program, uint64_t limit, struct outcome_of_run *out);
/* Translations of changed pages need a new space now and then. */
bool subject_translates(const struct subject *subject);
/* In a new space it does not translate what it has translated before. */
bool subject_keeps(const struct subject *subject);
/* False: the engine counts only what it does not translate. */
bool subject_counts(const struct subject *subject);
/* How often a run was interrupted by a kick. */
uint64_t subject_kicks(const struct subject *subject);
/* Ends the run, which then comes to EXIT_KICKED; from another thread. */
void subject_interrupt(struct subject *subject);
