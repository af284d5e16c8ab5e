/* SPDX-License-Identifier: ISC */
/* Walks over operand lists. */
#include "cpu/jit/x86_64/operands.h"

#include "decoder/decode.h"

unsigned insn_registers(const struct insn *insn) {
    unsigned used = 1u << RSP;
    for (unsigned i = 0; i < insn->n_operands; i++) {
        const struct operand *operand = &insn->operand[i];
        if (operand->reg_class == REG_GPR || operand->reg_class == REG_GPR8H) used |= 1u << operand->reg;
    }
    if (insn->mem.base != REG_NONE) used |= 1u << insn->mem.base;
    if (insn->mem.index != REG_NONE && !insn->mem.vsib) used |= 1u << insn->mem.index;
    return used;
}

unsigned insn_written_registers(const struct insn *insn) {
    unsigned written = 0;
    for (unsigned i = 0; i < insn->n_operands; i++) {
        const struct operand *operand = &insn->operand[i];
        const bool general = operand->reg_class == REG_GPR || operand->reg_class == REG_GPR8H;
        if (general && operand->kind == OPERAND_REG && (operand->access & ACCESS_WRITE)) written |= 1u << operand->reg;
    }
    return written;
}

bool insn_has_high_byte(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++)
        if (insn->operand[i].reg_class == REG_GPR8H) return true;
    return false;
}

unsigned insn_free_register(const struct insn *insn) {
    static const uint8_t order[] = {R11, R10, R9, R8, RDI, RSI, RDX, RCX, RBX, RBP, RAX};
    const unsigned used = insn_registers(insn);
    unsigned i = insn_has_high_byte(insn) ? 4 : 0;
    while (used >> order[i] & 1) i++;
    return order[i];
}

bool insn_has_memory_bytes(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++)
        if (insn->operand[i].kind == OPERAND_MEM && !insn->operand[i].implicit) return true;
    return false;
}

bool insn_uses_stack_pointer(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        const struct operand *operand = &insn->operand[i];
        if (operand->reg_class == REG_GPR && operand->reg == RSP && operand->kind == OPERAND_REG && !operand->implicit) return true;
    }
    return insn->op == OP_LEA && insn->mem.base == RSP;
}

bool insn_has_masked_store(const struct insn *insn) {
    return insn->op == OP_MASKMOVQ || insn->op == OP_MASKMOVDQU;
}
