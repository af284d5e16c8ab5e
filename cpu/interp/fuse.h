/* SPDX-License-Identifier: ISC */
/* Pairs of instructions that one uop does: a compare and the conditional branch after it. */
#pragma once

#include "cpu/interp/lower.h"

/* Fills fn and operands of u (after lower_common of `first`) and returns true if the pair has a handler. The uop's
 * branch protocol is LOWER_JCC's. */
bool fuse_branch(const struct insn *first, const struct insn *jcc, struct uop *u);
