/* SPDX-License-Identifier: ISC */
/* Questions about an instruction's operands. */
#pragma once

#include "decoder/insn.h"

/* General registers that the instruction has to do with, those of addresses included, and those it may write: bit by number. */
unsigned insn_registers(const struct insn *insn);
unsigned insn_written_registers(const struct insn *insn);
/* A REX prefix would turn AH into SPL. */
bool insn_has_high_byte(const struct insn *insn);
/* A general register that the instruction has nothing to do with, whose use needs no encoding that the instruction cannot
 * have. Never RSP. */
unsigned insn_free_register(const struct insn *insn);
/* The memory operand is in ModRM or in the opcode's address; implicit ones have no bytes. */
bool insn_has_memory_bytes(const struct insn *insn);
/* RSP is a register operand, not only part of the address or implicit. */
bool insn_uses_stack_pointer(const struct insn *insn);
/* Stores to [RDI] with a segment that can be overridden (MASKMOVDQU). */
bool insn_has_masked_store(const struct insn *insn);
