/* SPDX-License-Identifier: ISC */
/* What the parts of the generator share: where it writes, which registers and flags it may use. Private to tests/jit. */
#pragma once

#include "tests/jit/program.h"

#define FLAGS_ALL 0x8d5u

struct generator {
    struct program *program;
    struct rng rng;
    uint16_t valid;       /* flags that are defined now */
    uint32_t reserved;    /* registers that instructions must not write, by bit */
    uint8_t pointer[2];   /* registers that point into the middle of the arena, always; reserved */
    uint8_t index;        /* a register that holds INDEX_VALUE, always; reserved */
    unsigned n_control;   /* bytes used of the control page */
    unsigned left;        /* instructions that may still be made */
    unsigned depth;       /* of loops */
    uint64_t function[4]; /* callable; each ends in RET, some take 16 bytes off the stack */
    uint8_t function_pops[4];
    unsigned n_functions;
    bool is_new_block;    /* the next instruction is a leader */
};

#define INDEX_VALUE 24
#define POINTER_VALUE(i) (ARENA_GVA + ARENA_SIZE / 2 + 64 * (i))
#define FRAME_SIZE 72 /* bytes at RSP that random operands may use; red zone below */

static inline uint64_t generator_pc(const struct generator *g) {
    return CODE_GVA + g->program->n_bytes;
}

static inline bool one_in(struct generator *g, unsigned n) {
    return rng_below(&g->rng, n) == 0;
}

/* OPTIONAL: refused when it writes a reserved register or room gets short. FIXED: never left out later. */
enum put { PUT_OPTIONAL, PUT_NEEDED, PUT_FIXED };
/* Appends an instruction. Returns false, appending nothing, if it reads undefined flags or is refused. */
bool generator_put(struct generator *g, const void *bytes, unsigned n, enum put why);
/* Makes all flags defined. */
void generator_define_flags(struct generator *g);
/* mov reg, value: a fix-up that always succeeds. */
void generator_set(struct generator *g, unsigned reg, uint64_t value);
/* One instruction of any form, with what its operands need put before; may put nothing. */
void generator_any_insn(struct generator *g);
/* One of those that compilers use most. */
void generator_common_insn(struct generator *g);
