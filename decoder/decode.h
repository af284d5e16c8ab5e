/* SPDX-License-Identifier: ISC */
/* Bytes to struct insn, 64-bit user mode, and the facts of each row of forms.def. Pure and
 * reentrant. */
#pragma once

#include "decoder/insn.h"

/* The operation, shared by all its forms. */
enum op {
    OP_INVALID,
#define OP(name) OP_##name,
#include "decoder/ops.def"
#undef OP
    OP_COUNT
};

enum feature {
#define FEATURE(name) FEATURE_##name,
#include "decoder/features.def"
#undef FEATURE
    FEATURE_COUNT
};

enum decode_error {
    DECODE_UD = -1, /* #UD: no such instruction, or a prefix it forbids (LOCK) */
    DECODE_TRUNCATED =
        -2, /* the bytes given end inside the instruction: give more (at most 15 are needed) */
    DECODE_TOO_LONG = -3, /* more than 15 bytes: #GP(0) */
};

/* Decodes the instruction at bytes[0..n). Returns its length (1..15) and fills *out, or a
 * decode_error; *out is then undefined. Source: SDM 2 chapters 2 and appendix A. Where Intel and
 * AMD differ, Intel: near branches ignore 66. */
int decode(const uint8_t *bytes, size_t n, struct insn *out);

/* How a form goes on. Straight code is CONTROL_NEXT alone; every other ends a block. */
enum form_control {
    CONTROL_NEXT,
    CONTROL_BRANCH, /* conditional, direct: JCC LOOP JRCXZ */
    CONTROL_JUMP,
    CONTROL_JUMP_IND,
    CONTROL_CALL,
    CONTROL_CALL_IND,
    CONTROL_RETURN,
    CONTROL_STOP, /* leaves the engine, or changes what the next instruction means: SYSCALL, INT3,
                     far transfers, POPF */
};

/* Exceptions, besides #UD by a prefix and those of fetching. */
enum form_fault {
    FAULT_MEMORY = 1, /* accesses an explicit or string memory operand: #PF, #GP, #SS */
    FAULT_STACK = 2,  /* accesses memory at RSP */
    FAULT_ALIGN =
        4, /* #GP unless the memory operand is aligned (FXSAVE 16, XSAVE 64, others their size) */
    FAULT_DE = 8,
    FAULT_XM = 0x10,
    FAULT_MF = 0x20, /* a pending x87 exception is raised first */
    FAULT_GP = 0x40, /* for other reasons: privilege, reserved bits, selectors */
    FAULT_UD = 0x80, /* always */
    FAULT_BP = 0x100,
    FAULT_DB = 0x200,
};

/* Facts of the row of a form. Flag masks are RFLAGS bits (CF 1, PF 4, AF 0x10, ZF 0x40, SF 0x80, DF
 * 0x400, OF 0x800). */
struct form_info {
    const char *text; /* encoding as written in the row, e.g. "66 0F 38 00 /r" */
    uint16_t flags_read;
    uint16_t flags_written;   /* to a defined value; includes those of flags_maybe that are */
    uint16_t flags_undefined; /* left with a value that the SDM does not say, at least for some
                                 operands */
    uint16_t flags_maybe;     /* of the two above, those that a count of 0 leaves as they were */
    uint16_t faults;          /* bits of enum form_fault */
    uint8_t control;          /* enum form_control */
    uint8_t feature;          /* enum feature */
    bool lock_ok, rep_ok;
};
/* form: insn.form, below form_count(). */
const struct form_info *form_info(uint16_t form);
uint16_t form_count(void);
/* "ADD"; op below OP_COUNT. */
const char *op_name(uint16_t op);
/* "AVX2"; feature below FEATURE_COUNT. */
const char *feature_name(uint8_t feature);
/* The flags that condition cc (low 4 bits of the opcode) tests: less than flags_read of JCC, SETCC,
 * CMOVCC. */
uint16_t cc_flags_read(uint8_t cc);
