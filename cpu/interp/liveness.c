/* SPDX-License-Identifier: ISC */
/* Backwards over a run of instructions, from the flag columns of their forms. */
#include "cpu/interp/liveness.h"

#include "cpu/state.h"

static bool has_memory(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].kind == OPERAND_MEM) return true;
    }
    return false;
}

/* With register operands these neither fault nor leave. What is not listed may. */
static bool may_leave(const struct insn *insn) {
    if (insn->op == OP_LEA || insn->op == OP_NOP || insn->op == OP_ENDBR) return false;
    if (has_memory(insn)) return true;
    switch (insn->op) {
    case OP_ADD: case OP_OR: case OP_ADC: case OP_SBB: case OP_AND: case OP_SUB: case OP_XOR: case OP_CMP: case OP_INC:
    case OP_DEC: case OP_NEG: case OP_NOT: case OP_TEST: case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_MOVSXD:
    case OP_XCHG: case OP_BSWAP: case OP_MUL: case OP_IMUL1: case OP_IMUL: case OP_CBW: case OP_CWD: case OP_ROL:
    case OP_ROR: case OP_RCL: case OP_RCR: case OP_SHL: case OP_SHR: case OP_SAR: case OP_SHLD: case OP_SHRD: case OP_BT:
    case OP_BTS: case OP_BTR: case OP_BTC: case OP_BSF: case OP_BSR: case OP_TZCNT: case OP_LZCNT: case OP_POPCNT:
    case OP_ANDN: case OP_BEXTR: case OP_BLSI: case OP_BLSMSK: case OP_BLSR: case OP_BZHI: case OP_RORX: case OP_SARX:
    case OP_SHLX: case OP_SHRX: case OP_MULX: case OP_ADCX: case OP_ADOX: case OP_SETCC: case OP_CMOVCC: case OP_CLC:
    case OP_STC: case OP_CMC: return false;
    case OP_JMP: return false; /* followed, or the last */
    default: return true;
    }
}

/* Shifts by zero write nothing: then, and for a count in CL, the written flags are not certainly written. */
static bool writes_surely(const struct insn *insn) {
    switch (insn->op) {
    case OP_ROL: case OP_ROR: case OP_RCL: case OP_RCR: case OP_SHL: case OP_SHR: case OP_SAR: case OP_SHLD:
    case OP_SHRD: {
        if (insn->opcode == 0xd0 || insn->opcode == 0xd1) return true;
        const struct operand *count = &insn->operand[insn->n_operands - 1];
        return count->kind == OPERAND_IMM && (insn->imm & (insn->op_size == 8 ? 63 : 31)) != 0;
    }
    default: return true;
    }
}

/* Undefined flags get a defined value from us, save those of the bit tests, which stay. */
static unsigned writes(const struct insn *insn, const struct form_info *form) {
    const bool stay = insn->op == OP_BT || insn->op == OP_BTS || insn->op == OP_BTR || insn->op == OP_BTC;
    return (form->flags_written | (stay ? 0 : form->flags_undefined)) & RFLAGS_ARITH;
}

void liveness_mark(const struct insn *insn, unsigned n, bool *dead) {
    unsigned live = RFLAGS_ARITH;
    for (unsigned i = n; i-- > 0;) {
        dead[i] = false;
        if (insn[i].op == OP_INVALID) continue;
        const struct form_info *form = form_info(insn[i].form);
        const unsigned written = writes(&insn[i], form);
        dead[i] = written && !(written & live);
        if (writes_surely(&insn[i])) live &= ~written;
        live |= form->flags_read & RFLAGS_ARITH;
        if (may_leave(&insn[i])) live = RFLAGS_ARITH;
    }
}
