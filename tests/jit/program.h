/* SPDX-License-Identifier: ISC */
/* A random guest program and the state that it starts from. It ends by itself: at `end`, where a SYSCALL stands, or by an
 * exception. Nothing that the architecture leaves undefined reaches its results, save flags where it stops (valid_at). */
#pragma once

#include "decoder/decode.h"
#include "tests/differential/state.h"
#include "tests/support/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define ARENA_GVA DATA_GVA /* what its operands point into; nothing around */
#define ARENA_SIZE 0x4000u
/* At CODE_GVA, executable and writable. */
#define CODE_SIZE 0x4000u
#define STACK_GVA 0x22000000ull
#define STACK_SIZE 0x4000u
#define STACK_START (STACK_GVA + 0x3000)
#define CONTROL_GVA 0x23000000ull /* loop counters and jump tables: random operands do not reach it */
#define CONTROL_SIZE 0x1000u
#define PROGRAM_MAX_INSNS 1500

struct program_insn {
    uint16_t at, length; /* offset in code */
    uint16_t valid;      /* arithmetic flags that are defined before it */
    bool leader;         /* a branch leads here: all flags are defined by then */
    bool fixed;          /* control flow: not to be left out */
    bool left_out;
};

struct program_state {
    uint64_t gpr[16];
    uint64_t rip, rflags;
    uint64_t fs_base, gs_base;
    uint8_t xsave[832] __attribute__((aligned(64)));
    uint8_t arena[ARENA_SIZE], stack[STACK_SIZE], control[CONTROL_SIZE], code[CODE_SIZE];
};

struct program {
    uint64_t seed;
    unsigned n_bytes, n;
    struct program_insn insn[PROGRAM_MAX_INSNS];
    uint64_t end;
    struct program_state start;
};

/* size: about how many instructions. */
void program_make(struct program *program, uint64_t seed, unsigned size);
/* Defined flags when the program stands at rip. */
uint64_t program_valid_at(const struct program *program, uint64_t rip);
/* Replaces insn[i] by NOPs if no undefined flag is read for that; else returns false and changes nothing. */
bool program_leave_out(struct program *program, unsigned i);
/* Puts the end before insn[i], if nothing undefined is left there; else returns false and changes nothing. */
bool program_cut(struct program *program, unsigned i);
/* Writes the instructions that are left to stdout. */
void program_print(const struct program *program);
