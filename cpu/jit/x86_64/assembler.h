/* SPDX-License-Identifier: ISC */
/* Writes host instructions. Bytes go to `at` (the writable mapping); addresses count in the executable mapping, which lies
 * `shift` above it. The caller makes sure of the room. */
#pragma once

#include "cpu/jit/x86_64/notes.h"
#include "decoder/insn.h"

#include <stdint.h>
#include <string.h>

struct assembler {
    uint8_t *at;
    intptr_t shift; /* executable address - writable address */
    struct notes *notes; /* borrowed; NULL: nobody wants to know */
};

static inline uint64_t asm_here(const struct assembler *a) {
    return (uint64_t)((intptr_t)a->at + a->shift);
}

static inline void asm_byte(struct assembler *a, unsigned byte) {
    *a->at++ = (uint8_t)byte;
}

static inline void asm_bytes(struct assembler *a, const void *bytes, size_t n) {
    memcpy(a->at, bytes, n);
    a->at += n;
}

static inline void asm_i32(struct assembler *a, int64_t value) {
    const int32_t v = (int32_t)value;
    asm_bytes(a, &v, 4);
}

static inline void asm_i64(struct assembler *a, uint64_t value) {
    asm_bytes(a, &value, 8);
}

/* The field of n bytes that has just been written changes when the unit is moved. */
static inline void asm_note(struct assembler *a, enum note_kind kind, unsigned n) {
    if (a->notes) notes_add(a->notes, (uint32_t)(a->at - a->notes->start) - n, kind);
}

/* The operand fs:[at] of an instruction that ends `tail` bytes later. Relative to RIP where that reaches: AMD's Zen 5 then hands a stored
 * value on to a load at no cost, which else takes 2 ns. */
static inline void asm_fs_operand(struct assembler *a, unsigned field, int32_t at, unsigned tail) {
    const int64_t distance = at - (int64_t)(asm_here(a) + 5 + tail);
    if (distance == (int32_t)distance) {
        asm_byte(a, 0x05 | (field & 7) << 3);
        asm_i32(a, distance);
        asm_note(a, NOTE_FIXED, 4);
    } else {
        asm_byte(a, 0x04 | (field & 7) << 3);
        asm_byte(a, 0x25);
        asm_i32(a, at);
    }
}

/* opcode r, fs:[at] or opcode fs:[at], r; 64 bits. */
static inline void asm_fs(struct assembler *a, unsigned opcode, unsigned reg, int32_t at) {
    asm_byte(a, 0x64);
    asm_byte(a, 0x48 | (reg & 8) >> 1);
    asm_byte(a, opcode);
    asm_fs_operand(a, reg, at, 0);
}

static inline void asm_load_fs(struct assembler *a, unsigned reg, int32_t at) {
    asm_fs(a, 0x8b, reg, at);
}

static inline void asm_store_fs(struct assembler *a, unsigned reg, int32_t at) {
    asm_fs(a, 0x89, reg, at);
}

/* mov dword fs:[at], value */
static inline void asm_store_fs_imm32(struct assembler *a, int32_t at, uint32_t value) {
    asm_bytes(a, "\x64\xc7", 2);
    asm_fs_operand(a, 0, at, 4);
    asm_i32(a, (int32_t)value);
}

/* opcode r, [base + disp32] or the reverse; 64 bits. */
static inline void asm_based(struct assembler *a, unsigned opcode, unsigned reg, unsigned base, int32_t disp) {
    asm_byte(a, 0x48 | (reg & 8) >> 1 | (base & 8) >> 3);
    asm_byte(a, opcode);
    asm_byte(a, 0x80 | (reg & 7) << 3 | (base & 7));
    if ((base & 7) == 4) asm_byte(a, 0x24);
    asm_i32(a, disp);
}

/* lea reg, [base + reg]; reg is not RSP */
static inline void asm_lea_sum(struct assembler *a, unsigned reg, unsigned base) {
    asm_byte(a, 0x48 | (reg & 8) >> 1 | (reg & 8) >> 2 | (base & 8) >> 3);
    asm_byte(a, 0x8d);
    asm_byte(a, 0x44 | (reg & 7) << 3);
    asm_byte(a, (reg & 7) << 3 | (base & 7));
    asm_byte(a, 0);
}

/* lea reg, [reg + index << scale] */
static inline void asm_lea_scaled(struct assembler *a, unsigned reg, unsigned index, unsigned scale) {
    asm_byte(a, 0x48 | (reg & 8) >> 1 | (index & 8) >> 2 | (reg & 8) >> 3);
    asm_byte(a, 0x8d);
    asm_byte(a, 0x44 | (reg & 7) << 3);
    asm_byte(a, scale << 6 | (index & 7) << 3 | (reg & 7));
    asm_byte(a, 0);
}

static inline void asm_push(struct assembler *a, unsigned reg) {
    if (reg >= 8) asm_byte(a, 0x41);
    asm_byte(a, 0x50 | (reg & 7));
}

static inline void asm_pop(struct assembler *a, unsigned reg) {
    if (reg >= 8) asm_byte(a, 0x41);
    asm_byte(a, 0x58 | (reg & 7));
}

static inline void asm_mov(struct assembler *a, unsigned to, unsigned from) {
    asm_byte(a, 0x48 | (from & 8) >> 1 | (to & 8) >> 3);
    asm_byte(a, 0x89);
    asm_byte(a, 0xc0 | (from & 7) << 3 | (to & 7));
}

static inline void asm_mov_imm64(struct assembler *a, unsigned reg, uint64_t value) {
    asm_byte(a, 0x48 | (reg & 8) >> 3);
    asm_byte(a, 0xb8 | (reg & 7));
    asm_i64(a, value);
}

/* mov reg, value by the shortest encoding */
static inline void asm_move_immediate(struct assembler *a, unsigned reg, uint64_t value) {
    if (value > UINT32_MAX) {
        asm_mov_imm64(a, reg, value);
        return;
    }
    if (reg >= 8) asm_byte(a, 0x41);
    asm_byte(a, 0xb8 | (reg & 7));
    asm_i32(a, (int64_t)value);
}

/* The same of an address of the guest's. */
static inline void asm_move_guest_address(struct assembler *a, unsigned reg, uint64_t value) {
    asm_move_immediate(a, reg, value);
    if (value > UINT32_MAX) asm_note(a, NOTE_GUEST64, 8);
    else asm_note(a, NOTE_GUEST32, 4);
}

/* A 32-bit displacement at the current place that leads to an executable address: in the unit, or before all units. */
static inline void asm_rel32(struct assembler *a, uint64_t target) {
    const bool is_fixed = a->notes && target < (uint64_t)((intptr_t)a->notes->start + a->shift);
    asm_i32(a, (int64_t)(target - (asm_here(a) + 4)));
    if (is_fixed) asm_note(a, NOTE_FIXED, 4);
}

static inline void asm_jump(struct assembler *a, uint64_t target) {
    asm_byte(a, 0xe9);
    asm_rel32(a, target);
}

static inline void asm_jcc(struct assembler *a, unsigned cc, uint64_t target) {
    asm_byte(a, 0x0f);
    asm_byte(a, 0x80 | cc);
    asm_rel32(a, target);
}

/* NOPs of 1 to 9 bytes. Source: SDM 2 NOP. */
void asm_nop(struct assembler *a, unsigned n);
