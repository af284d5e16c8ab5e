/* SPDX-License-Identifier: ISC */
/* One decoded instruction. Pure data: everything here follows from the bytes and from the row of
 * forms.def. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX_LENGTH   15
#define INSN_MAX_OPERANDS 6

/* General registers in encoding order; REG_NONE as base or index means absent (and indexes a zero
 * slot). */
enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, REG_NONE };
enum seg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

enum operand_kind { OPERAND_NONE, OPERAND_REG, OPERAND_MEM, OPERAND_IMM, OPERAND_REL };
/* reg of REG_GPR8H is 0..3: AH CH DH BH. */
enum reg_class {
    REG_CLASS_NONE,
    REG_GPR,
    REG_GPR8H,
    REG_SEG,
    REG_ST,
    REG_MMX,
    REG_XMM,
    REG_YMM,
    REG_CR,
    REG_DR
};
enum operand_access { ACCESS_NONE = 0, ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_RW = 3 };

/* Explicit operands come first, in SDM order (destination first); then the implicit ones. The flags
 * are no operand. String instructions list their memory operands: reg is then the address register,
 * RSI (its segment can be overridden, so insn.mem describes it) or RDI (always ES; insn.mem
 * describes it where there is no RSI operand). A write that may not happen (CMOVCC, BSF of 0, REP
 * with RCX 0) is ACCESS_RW.
 * size: bytes of the access to memory, of the part of the register used, of the immediate as
 * encoded; 0: address only (LEA) or varies (XSAVE). Gathers: of one element. */
struct operand {
    uint8_t kind; /* enum operand_kind */
    uint8_t reg_class;
    uint8_t reg;
    uint8_t access; /* enum operand_access */
    uint16_t size;
    bool implicit; /* not written in the assembly text (RAX of MUL, XMM0 of BLENDVPS) */
};

/* seg: SEG_FS or SEG_GS if overridden; else SEG_SS (base RSP or RBP), SEG_ES (STOS, SCAS, INS) or
 * SEG_DS. */
struct mem_operand {
    uint8_t base;      /* enum gpr or REG_NONE */
    uint8_t index;     /* enum gpr or REG_NONE; for VSIB the vector register */
    uint8_t scale;     /* log2 */
    uint8_t seg;       /* enum seg */
    uint8_t addr_size; /* 4 or 8 */
    bool rip_relative; /* disp is relative to the next instruction; base is REG_NONE */
    bool vsib;         /* index is an XMM/YMM number */
    int64_t disp;      /* sign-extended (64-bit for moffs) */
};

enum rep_prefix { REP_NONE = 0, REP_NE = 0xf2, REP_E = 0xf3 };

/* imm: the first immediate. Sign-extended where it is a number of the operand's size (ADD, MOV,
 * PUSH), zero-extended where not (shift counts, shuffles, ports, RET, ENTER); of a branch its
 * displacement; 1 for the shifts by 1. */
struct insn {
    uint16_t form;     /* index of the row in forms.def */
    uint16_t op;       /* enum op: the operation, shared by all its forms (ADD, ADDPS, JCC ...) */
    uint8_t length;    /* bytes, 1..15 */
    uint8_t op_size;   /* operand size of integer forms: 1 2 4 8. CRC32: of the source */
    uint8_t addr_size; /* 4 or 8 */
    uint8_t cc;        /* condition of JCC, SETCC, CMOVCC: low 4 opcode bits */
    uint8_t rep;       /* enum rep_prefix, of string instructions only: the last of F2 and F3 */
    bool lock;         /* LOCK prefix present (and legal) */
    bool vex;          /* upper halves are zeroed; memory needs no alignment, but by FAULT_ALIGN */
    uint8_t vector_size; /* 8 MMX, 16, 32; 0 no vector instruction */
    uint8_t n_operands;  /* implicit ones included */
    uint8_t opcode;      /* the last opcode byte */
    uint8_t modrm;       /* ModRM byte if any */
    struct operand operand[INSN_MAX_OPERANDS];
    struct mem_operand mem; /* valid if an operand is OPERAND_MEM */
    int64_t imm;
    int64_t imm2; /* second immediate (ENTER) or 0 */
};
