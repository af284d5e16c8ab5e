/* SPDX-License-Identifier: ISC */
/* Lowering: from a decoded instruction to its uop, once per translation. Each op of decoder/ops.def has one row
 *     LOWER(OP, lower_function)
 * in one of ops_int.def, ops_vector.def, ops_x87.def. Rows are the only list: lower.c expands them to prototypes
 * and to the table indexed by op, so a row without its function does not link.
 *
 * Before a lowering function is called, lower_common has filled of u:
 *   offset, position, before, length   where the instruction is
 *   base, index, scale, disp, seg      its memory operand for uop_address(); RIP-relative is folded into disp; FS, GS
 *                                      and 32-bit addresses are folded by an address uop before (base is then
 *                                      GPR_ADDRESS). For a VSIB operand index is the vector register's number: use
 *                                      gpr[base] + disp and scale, never uop_address.
 *   size                               vector_size if not 0, else op_size
 *   imm                                insn->imm (shares its place with ptr), imm8 = (uint8_t)insn->imm
 *   dst, src                           GPR_ZERO
 *   src2                               GPR_ZERO, or LOWER_FLAGS_DEAD
 * The function sets fn, and whatever of dst, src, src2, imm or ptr, imm8, size its handler wants. It must not touch
 * the first two groups unless the handler uses none of them. It keeps no pointer to insn.
 *
 * The table is also what the decoder's features are checked by: an op without a row is #UD. */
#pragma once

#include "cpu/interp/uop.h"
#include "decoder/decode.h"

enum lower_result {
    LOWER_NEXT,   /* the handler ends in NEXT or return u + 1 */
    LOWER_UD,     /* this combination does not exist: #UD */
    LOWER_LEAVE,  /* the handler never goes to u + 1; only for the ops that block.c knows to end a block */
    LOWER_JCC,    /* u leaves through u->ptr when taken, giving back u->src2 to the budget, else goes to u + 1 */
    LOWER_JUMP,   /* u always leaves through u->ptr */
    LOWER_CALL,   /* the same, and u->disp receives the address of the next instruction */
};

/* src2 on entry to a lowering function when the arithmetic flags that the instruction writes are never seen. */
enum { LOWER_FLAGS_DEAD = 0xff };

typedef int lower_fn(const struct insn *insn, struct uop *u);

/* The lowering function of an op (enum op); NULL if there is none. */
lower_fn *lower_of(uint16_t op);
/* Fills the common part of u for insn at guest address rip. */
void lower_common(const struct insn *insn, uint64_t rip, struct uop *u);
/* The register number of a general register operand as the handlers of 1-byte operands want it: a byte offset into
 * gpr[] (AH..BH included); for other sizes the register's number. */
uint8_t lower_gpr(const struct operand *operand);
