/* SPDX-License-Identifier: ISC */
/* A row of forms.def in the form decode() matches: which prefixes, VEX fields and ModRM values it
 * accepts, and how its operands are found. Generated at build time (decoder/generate/) and
 * immutable. Private to decoder/, its generator and the test helper that makes bytes from rows. */
#pragma once

#include "decoder/decode.h"

/* Opcode maps, legacy then VEX. */
enum opcode_space {
    SPACE_1,
    SPACE_0F,
    SPACE_0F38,
    SPACE_0F3A,
    SPACE_VEX_0F,
    SPACE_VEX_0F38,
    SPACE_VEX_0F3A,
    SPACE_COUNT
};

/* One bit per value of each encoding field. An instruction sets one bit per field it has; a row
 * accepts it if it has all of them. Hence rows are disjoint if the values of some field are. */
enum accept {
    ACCEPT_NP = 1 << 0,
    ACCEPT_66 = 1 << 1,
    ACCEPT_F3 = 1 << 2,
    ACCEPT_F2 = 1 << 3,
    ACCEPT_66_F3 = 1 << 4,
    ACCEPT_66_F2 = 1 << 5,
    ACCEPT_PREFIX = 0x3f,
    ACCEPT_W0 = 1 << 6,
    ACCEPT_W1 = 1 << 7,
    ACCEPT_W = ACCEPT_W0 | ACCEPT_W1,
    ACCEPT_L0 = 1 << 8,
    ACCEPT_L1 = 1 << 9,
    ACCEPT_L = ACCEPT_L0 | ACCEPT_L1,
    ACCEPT_MEM = 1 << 10,
    ACCEPT_REG = 1 << 11,
    ACCEPT_MOD = ACCEPT_MEM | ACCEPT_REG,
    ACCEPT_VVVV_NONE = 1 << 12, /* 1111b in the encoding */
    ACCEPT_VVVV_USED = 1 << 13,
    ACCEPT_VVVV = ACCEPT_VVVV_NONE | ACCEPT_VVVV_USED,
    ACCEPT_B0 = 1 << 14,
    ACCEPT_B1 = 1 << 15,
    ACCEPT_B = ACCEPT_B0 | ACCEPT_B1,
};
#define ACCEPT_MODRM_REG(n) (UINT32_C(1) << (16 + (n)))
#define ACCEPT_MODRM_REGS   UINT32_C(0x00ff0000)
#define ACCEPT_MODRM_RM(n)  (UINT32_C(1) << (24 + (n)))
#define ACCEPT_MODRM_RMS    UINT32_C(0xff000000)

enum size_rule { SIZE_RULE_V, SIZE_RULE_Y, SIZE_RULE_8, SIZE_RULE_D64, SIZE_RULE_F64 };

enum modrm_rule { MODRM_NONE, MODRM_PRESENT, MODRM_REGISTER /* mod is ignored and taken as 3 */ };

enum { VECTOR_BY_L = 1 }; /* form_row.vector_size: 32 or 16, as VEX.L says */

enum row_trait {
    ROW_LOCK = 1, /* LOCK allowed, with a memory operand */
    ROW_REP = 2,  /* F2 and F3 are REP prefixes */
    ROW_CC = 4,   /* condition in the low 4 bits of the opcode */
    ROW_VSIB = 8, /* a gather: SIB required, registers distinct */
};

struct operand_use {
    uint8_t spec;       /* index of operand_specs */
    uint8_t access : 2; /* enum operand_access */
    uint8_t implicit : 1;
};

struct form_row {
    uint32_t accepts; /* enum accept */
    uint16_t op;
    uint8_t space;               /* enum opcode_space */
    uint8_t opcode, last_opcode; /* range */
    uint8_t modrm;               /* enum modrm_rule */
    uint8_t size_rule;
    uint8_t vector_size; /* 0, 8, 16 or VECTOR_BY_L */
    uint8_t traits;      /* bits of enum row_trait */
    uint8_t n_operands;
    struct operand_use operand[INSN_MAX_OPERANDS];
};

/* Rows that share an opcode stand together in form_candidates. */
struct form_candidate {
    uint32_t accepts;
    uint16_t form;
};

struct opcode_entry {
    uint16_t first;
    uint8_t count; /* 0: no such opcode */
    uint8_t modrm; /* enum modrm_rule */
};

extern const struct form_row form_rows[];
extern const struct form_candidate form_candidates[];
extern const struct opcode_entry opcode_index[SPACE_COUNT][256];
