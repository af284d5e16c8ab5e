/* SPDX-License-Identifier: ISC */
/* Random byte strings with a taste for opcode maps and VEX, which plain noise seldom reaches. */
#pragma once

#include "tests/support/rng.h"

#include <stdint.h>

void random_bytes(struct rng *rng, uint8_t bytes[15]);
/* LOCKSTEP_SWEEP, or usual. */
unsigned long sweep_length(unsigned long usual);
