/* SPDX-License-Identifier: ISC */
/* What a name of operands.def means: where the operand is encoded and how wide it is. Private to
 * decoder/, its generator and the test helper that makes bytes from rows. */
#pragma once

#include "decoder/insn.h"

enum operand_method {
    METHOD_RM,         /* ModRM.rm: register or memory */
    METHOD_MEM,        /* ModRM.rm: memory only */
    METHOD_VSIB,       /* the same, with a vector index */
    METHOD_RMREG,      /* ModRM.rm: register only */
    METHOD_RMREG_ANY,  /* ModRM.rm: register whatever mod says */
    METHOD_REG,        /* ModRM.reg */
    METHOD_VVVV,       /* VEX.vvvv */
    METHOD_OPCODE,     /* low 3 bits of the opcode */
    METHOD_IS4,        /* bits 4-7 of an immediate byte */
    METHOD_IMM,        /* immediate, zero-extended */
    METHOD_IMM_SIGNED, /* immediate, sign-extended */
    METHOD_ONE,        /* the number 1, not encoded */
    METHOD_REL,        /* branch displacement */
    METHOD_MOFFS,      /* address in the instruction, no ModRM */
    METHOD_AT,         /* memory at the fixed register */
    METHOD_AT_ES,      /* the same, segment fixed too */
    METHOD_FIXED,      /* the fixed register */
    METHOD_FIXED_REP,  /* the same, only under a REP prefix */
};

/* Sizes that depend on the instruction; smaller numbers are bytes. */
enum operand_size {
    SIZE_V = 0x8000, /* operand size */
    SIZE_Z,          /* operand size, at most 4 */
    SIZE_Y,          /* 8 with REX.W, else 4 */
    SIZE_A,          /* address size */
    SIZE_X,          /* vector size */
    SIZE_X2,         /* a half of it */
    SIZE_X4,
    SIZE_X8,
    SIZE_P,     /* far pointer: operand size and a selector */
    SIZE_FENV,  /* FLDENV image: 28, or 14 with operand size 2 */
    SIZE_FSAVE, /* FRSTOR image: 108 or 94 */
};

struct operand_spec {
    const char *name;
    uint8_t method;    /* enum operand_method */
    uint8_t reg_class; /* enum reg_class; REG_XMM becomes REG_YMM at 32 bytes */
    uint8_t fixed;     /* register of METHOD_FIXED and METHOD_AT */
    uint16_t reg_size, mem_size;
};

/* By the row number of operands.def. */
extern const struct operand_spec operand_specs[];

static inline bool method_is_immediate(uint8_t method) {
    return method == METHOD_IMM || method == METHOD_IMM_SIGNED || method == METHOD_REL ||
           method == METHOD_IS4;
}

static inline bool method_is_memory(uint8_t method) {
    return method == METHOD_MEM || method == METHOD_VSIB;
}

static inline bool method_needs_modrm(uint8_t method) {
    return method <= METHOD_REG;
}
