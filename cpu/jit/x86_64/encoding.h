/* SPDX-License-Identifier: ISC */
/* Where the parts of an instruction's bytes are, and the same instruction with another memory operand. */
#pragma once

#include "cpu/jit/x86_64/assembler.h"

struct encoding {
    const uint8_t *bytes;
    uint8_t length;
    uint8_t n_prefixes;  /* legacy prefixes */
    uint8_t rex;         /* 0: none */
    uint8_t vex;         /* length of the VEX prefix: 0, 2, 3 */
    uint8_t opcode_at;   /* first opcode byte, escapes included; after VEX the one opcode byte */
    uint8_t modrm_at;    /* 0: no ModRM */
    uint8_t tail_at;     /* first immediate byte; length if there is none */
};

/* insn: the decoded form of these bytes. Returns false for prefix orders that only a fuzzer writes. */
bool encoding_scan(struct encoding *e, const uint8_t *bytes, const struct insn *insn);
/* The same for an instruction that has ModRM, whether it names memory or not. */
bool encoding_scan_registers(struct encoding *e, const uint8_t *bytes, const struct insn *insn);

/* A memory operand for asm_with_memory. base REG_NONE and index REG_NONE: an absolute disp. rip: disp is the host address,
 * within reach of the code. gs: relative to the host's GS base. */
struct operand_address {
    unsigned base, index, scale;
    int64_t disp;
    bool rip, gs;
    bool is_guest; /* disp is an address of the guest's */
};

/* Writes the instruction with that memory operand instead of its own, without segment prefixes. */
void asm_with_memory(struct assembler *a, const struct encoding *e, const struct operand_address *address);
/* Writes the instruction with RSP replaced by reg in its ModRM operands (not in an address). Memory operands of it are kept;
 * gs as above. */
void asm_with_stack_pointer_in(struct assembler *a, const struct encoding *e, unsigned reg, bool gs);
/* True when a segment prefix must be dropped before another is put there. */
bool encoding_has_segment_prefix(const struct encoding *e);
/* mov reg, <memory operand>, 64 bits: the target of an indirect jump or call. */
void asm_load_target(struct assembler *a, unsigned reg, const struct operand_address *address);
