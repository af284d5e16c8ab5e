/* SPDX-License-Identifier: ISC */
/* The rows of operands.def as a table. Immutable; also compiled into the generator. */
#include "decoder/operand_spec.h"

#define REG_CLASS_OF_NONE  REG_CLASS_NONE
#define REG_CLASS_OF_GPR   REG_GPR
#define REG_CLASS_OF_GPR8H REG_GPR8H
#define REG_CLASS_OF_SEG   REG_SEG
#define REG_CLASS_OF_ST    REG_ST
#define REG_CLASS_OF_MMX   REG_MMX
#define REG_CLASS_OF_XMM   REG_XMM
#define REG_CLASS_OF_CR    REG_CR
#define REG_CLASS_OF_DR    REG_DR

const struct operand_spec operand_specs[] = {
#define OPERAND(name, method, reg_class, fixed, reg_size, mem_size)                                \
    {name, METHOD_##method, REG_CLASS_OF_##reg_class, fixed, reg_size, mem_size},
#include "decoder/operands.def"
#undef OPERAND
    {0},
};
