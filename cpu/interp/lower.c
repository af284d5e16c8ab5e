/* SPDX-License-Identifier: ISC */
/* The table from op to lowering function, expanded from the three row files, and what all lowering has in common. */
#include "cpu/interp/handler.h"

/* gpr[] is addressed by bytes for 1-byte operands. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest registers are kept in the host's byte order");

#define LOWER(op, function) lower_fn function;
#include "cpu/interp/ops_int.def"
#include "cpu/interp/ops_vector.def"
#include "cpu/interp/ops_x87.def"
#undef LOWER

static lower_fn *const lower_table[OP_COUNT] = {
#define LOWER(op, function) [OP_##op] = function,
#include "cpu/interp/ops_int.def"
#include "cpu/interp/ops_vector.def"
#include "cpu/interp/ops_x87.def"
#undef LOWER
};

lower_fn *lower_of(uint16_t op) {
    return op < OP_COUNT ? lower_table[op] : NULL;
}

uint8_t lower_gpr(const struct operand *operand) {
    if (operand->reg_class == REG_GPR8H) return (uint8_t)(operand->reg * 8 + 1);
    return operand->size == 1 ? (uint8_t)(operand->reg * 8) : operand->reg;
}

void lower_common(const struct insn *insn, uint64_t rip, struct uop *u) {
    *u = (struct uop){.imm = insn->imm, .imm8 = (uint8_t)insn->imm, .dst = GPR_ZERO, .src = GPR_ZERO,
                      .src2 = GPR_ZERO, .base = GPR_ZERO, .index = GPR_ZERO, .length = insn->length,
                      .size = insn->vector_size ? insn->vector_size : insn->op_size, .seg = SEG_DS};
    bool has_mem = false;
    for (unsigned i = 0; i < insn->n_operands; i++) has_mem |= insn->operand[i].kind == OPERAND_MEM;
    if (!has_mem) return;
    const struct mem_operand *mem = &insn->mem;
    u->base = mem->base;
    u->index = mem->index;
    u->scale = mem->scale;
    u->seg = mem->seg;
    u->disp = mem->disp + (mem->rip_relative ? (int64_t)(rip + insn->length) : 0);
}

static bool is_gpr(const struct operand *operand) {
    return operand->kind == OPERAND_REG && (operand->reg_class == REG_GPR || operand->reg_class == REG_GPR8H);
}

enum shape lower_shape(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0], *b = &insn->operand[1];
    if (insn->n_operands > 0 && is_gpr(a)) u->dst = lower_gpr(a);
    if (insn->n_operands == 1) return a->kind == OPERAND_MEM ? SHAPE_M : is_gpr(a) ? SHAPE_R : SHAPE_OTHER;
    if (insn->n_operands < 2) return SHAPE_OTHER;
    if (is_gpr(b)) u->src = lower_gpr(b);
    if (is_gpr(a)) {
        if (is_gpr(b)) return SHAPE_RR;
        return b->kind == OPERAND_MEM ? SHAPE_RM : b->kind == OPERAND_IMM ? SHAPE_RI : SHAPE_OTHER;
    }
    if (a->kind != OPERAND_MEM) return SHAPE_OTHER;
    return is_gpr(b) ? SHAPE_MR : b->kind == OPERAND_IMM ? SHAPE_MI : SHAPE_OTHER;
}
