/* SPDX-License-Identifier: ISC */
/* decode() against Capstone 4: is it an instruction, how long, mnemonic, explicit operands.
 * Capstone is given the same instruction with its prefixes in the order it expects. Known
 * differences: capstone_differences.def. */
#pragma once

#include "decoder/decode.h"

#include <capstone/capstone.h>

#define DISAGREEMENT_MAX 400

struct capstone {
    csh handle;
    cs_insn *insn;
};

void capstone_open(struct capstone *c);
void capstone_close(struct capstone *c);
/* bytes has 15. Returns true if both agree or a row explains why not; else why describes it. */
bool capstone_agrees(struct capstone *c, const uint8_t *bytes, char why[DISAGREEMENT_MAX]);
