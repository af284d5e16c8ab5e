/* SPDX-License-Identifier: ISC */
/* struct insn as Intel-syntax text, for tests: "lock add dword ptr fs:[rax + rcx*4 - 0x8], edx".
 * Branches show the displacement ("je +0x10"), RIP-relative addresses the register ("[rip +
 * 0x10]"). Implicit operands are left out. */
#pragma once

#include "decoder/decode.h"

#define INSN_TEXT_MAX 160

/* Writes at most INSN_TEXT_MAX bytes, zero-terminated, and returns text. */
char *insn_text(const struct insn *insn, char *text);
/* The mnemonic alone. */
char *insn_mnemonic(const struct insn *insn, char *text);
/* Name of a register operand: "r8d", "ah", "ymm3", "st(2)". */
char *insn_register(const struct operand *operand, char *text);
/* "rax" or "eax"; "" for REG_NONE. */
const char *insn_address_register(uint8_t reg, uint8_t addr_size);
