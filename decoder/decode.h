/* SPDX-License-Identifier: ISC */
/* Bytes to struct insn, 64-bit user mode. Pure and reentrant. */
#pragma once

#include "decoder/insn.h"

/* What a form row says; see forms.def for the columns. */
enum op {
    OP_INVALID,
#define OP(name) OP_##name,
#include "decoder/ops.def"
#undef OP
    OP_COUNT
};

enum decode_error {
    DECODE_UD = -1,        /* #UD: no such instruction, or a prefix it forbids (LOCK) */
    DECODE_TRUNCATED = -2, /* the bytes given end inside the instruction: give more (at most 15 are needed) */
    DECODE_TOO_LONG = -3,  /* more than 15 bytes: #GP(0) */
};

/* Decodes the instruction at bytes[0..n). Returns its length (1..15) and fills *out, or a decode_error. */
int decode(const uint8_t *bytes, size_t n, struct insn *out);

/* Facts of the row of a form. Flag masks are RFLAGS bits (CF 1, PF 4, AF 0x10, ZF 0x40, SF 0x80, DF 0x400, OF 0x800). */
struct form_info {
    const char *text;          /* encoding as written in the row, e.g. "66 0F 38 00 /r" */
    uint16_t flags_read, flags_written, flags_undefined;
    uint8_t feature;           /* enum feature */
    uint16_t faults;           /* bits of enum form_fault */
    bool lock_ok, rep_ok;
};
const struct form_info *form_info(uint16_t form);
const char *op_name(uint16_t op);
uint16_t form_count(void);
