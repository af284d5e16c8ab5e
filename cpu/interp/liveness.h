/* SPDX-License-Identifier: ISC */
/* Which instructions of a run compute flags that nobody sees. */
#pragma once

#include "decoder/decode.h"

/* Sets dead[i] when every arithmetic flag that insn[i] writes is written again before it can be read, and no
 * instruction in between can fault or leave the block. All flags are live at the end. */
void liveness_mark(const struct insn *insn, unsigned n, bool *dead);
