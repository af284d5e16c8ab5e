/* SPDX-License-Identifier: ISC */
/* What signal handlers need to know about translated code: to which guest instruction its bytes belong, and where the guest's
 * registers are then. Kept as a stream of a few bytes for each record, since it is written for all code and read for little. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JIT_CACHED_R10 = 1, JIT_CACHED_R11 = 2 };
/* In `saved`: where a call's return comes back, behind the call. */
enum { JIT_LANDING = 31 };
/* Above 16: XMM register, plus that. */
enum { JIT_COUNTER_IN_THREAD = 16 };

/* From host offset `host` of its unit on, up to the next record's, code belongs to the instruction at unit.pc + (int16_t)guest. */
struct jit_record {
    uint16_t host, guest;
    uint8_t saved;    /* 1 + the register whose value is in thread.saved; 0: none; JIT_LANDING: the instruction is done */
    uint8_t cached;   /* JIT_CACHED_*: held by host registers, not by struct jit_thread */
    uint8_t biased;   /* bit 0: RDI, bit 1: RSI hold their values plus the window's base */
    uint8_t boundary; /* the state at the first byte is the one before the instruction */
    uint8_t counter;  /* the register that counts, JIT_COUNTER_IN_THREAD, or that plus an XMM register */
    int8_t ahead;     /* instructions, this one the first, that are counted already; below zero: those before it that are not */
};

/* Bytes of one record at most. */
enum { RECORD_MAX_BYTES = 9 };

/* records: by rising host offset. Returns the bytes written. */
size_t records_pack(uint8_t *out, const struct jit_record *records, size_t n);
/* The last of n packed records at or before a host offset of the unit; false: that is before the first. Async-signal-safe. */
bool records_find(const uint8_t *packed, size_t n, uint32_t host, struct jit_record *out);
