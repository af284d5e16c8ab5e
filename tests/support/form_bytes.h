/* SPDX-License-Identifier: ISC */
/* Random bytes of a given row of forms.def: the inverse of decode(), written from the row alone so
 * that tests of the decoder can use it, and the source of instructions for tests of the CPU. */
#pragma once

#include "decoder/decode.h"
#include "tests/support/rng.h"

enum form_mod { FORM_MOD_ANY, FORM_MOD_MEMORY, FORM_MOD_REGISTER };

/* Fills bytes with one instruction of the form: random registers, addressing modes, displacements,
 * immediates, operand sizes, and now and then redundant prefixes, 67, a segment override, REP or
 * LOCK where legal. No 66 before near branches (vendors differ). Returns its length, 1..15. */
int form_bytes(uint16_t form, struct rng *rng, uint8_t bytes[INSN_MAX_LENGTH]);
/* The same with the kind of ModRM.rm given. Returns 0 if the row has no such form (or no ModRM and
 * mod is not ANY). */
int form_bytes_mod(uint16_t form, struct rng *rng, enum form_mod mod,
                   uint8_t bytes[INSN_MAX_LENGTH]);
