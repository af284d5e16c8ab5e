/* SPDX-License-Identifier: ISC */
/* Random register and memory contents with a taste for edge cases. */
#pragma once

#include "decoder/decode.h"
#include "tests/differential/state.h"
#include "tests/support/rng.h"

/* Fills `before` for an instruction already decoded: most memory operands lie inside the data range. */
void random_state(struct rng *rng, const struct insn *insn, struct instance *instance);
