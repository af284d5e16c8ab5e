/* SPDX-License-Identifier: ISC */
/* What decode() knows of an instruction between its steps. Private to decoder/. */
#pragma once

#include "decoder/form_row.h"

/* Reading past the bytes given yields zeros and is noticed at the end: the longest thing that can
 * follow 15 prefixes fits. */
#define DECODER_BUFFER 48

struct decoder {
    uint8_t bytes[DECODER_BUFFER];
    uint8_t at; /* next byte */
    bool has_66, has_67, lock;
    uint8_t rep;                 /* enum rep_prefix: the last of F2 and F3 */
    uint8_t seg;                 /* SEG_FS or SEG_GS, or 0: none */
    uint8_t rex;                 /* the byte, or 0: none. VEX fills the fields below only */
    uint8_t rex_r, rex_x, rex_b; /* 0 or 8 */
    bool w, l;
    uint8_t vvvv;
    uint8_t space; /* enum opcode_space */
    uint8_t opcode;
    uint8_t modrm;
    bool memory;      /* ModRM says memory */
    uint32_t accepts; /* the bits of enum accept that this instruction sets */
    const struct form_row *row;
};

static inline uint8_t decoder_byte(struct decoder *d) {
    return d->bytes[d->at++];
}

/* size is 1, 2, 4 or 8. */
static inline uint64_t decoder_number(struct decoder *d, unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) value |= (uint64_t)d->bytes[d->at + i] << (8 * i);
    d->at = (uint8_t)(d->at + size);
    return value;
}

/* Legacy prefixes, REX, escapes or VEX, opcode. Returns false for #UD. */
bool decoder_read_opcode(struct decoder *d);
/* SIB and displacement of the ModRM memory operand. Returns false for #UD (VSIB without SIB). */
bool decoder_read_address(struct decoder *d, struct mem_operand *mem);
/* All operands, with the immediates. out has its sizes and mem. Returns false for #UD (no such
 * register). */
bool decoder_fill_operands(struct decoder *d, struct insn *out);
