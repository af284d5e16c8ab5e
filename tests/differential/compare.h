/* SPDX-License-Identifier: ISC */
/* Compares what two executors made of an instance. */
#pragma once

#include "decoder/decode.h"
#include "tests/differential/state.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns true when they agree; else writes the first difference to text. `theirs` is the oracle. */
bool results_agree(const struct insn *insn, const struct instance *instance, const struct result *ours,
                   const struct result *theirs, char *text, size_t size);
