/* SPDX-License-Identifier: ISC */
/* Lazy arithmetic flags without an operation code, so that reading one is a shift and never a switch.
 *   flag_result  result sign-extended to 64 bits.             ZF = (result == 0)
 *   flag_carry   carry out of each bit, shifted so that the operand's top bit is bit 63.
 *                                                             CF = bit 63, OF = bit 63 ^ bit 62
 *   flag_aux     bit 4: AF.  bits 8-15: XORed into the low byte of the result before PF.
 *                bit 63: XORed into the sign of the result to give SF.
 * After an ordinary operation flag_aux is (a ^ b ^ result) & 0x10; the other bits only serve POPF and SAHF, which
 * can set combinations that no result has. */
#pragma once

#include "cpu/state.h"

#include <stdbool.h>

static inline bool flag_cf(const struct cpu_state *s) {
    return s->flag_carry >> 63;
}

static inline bool flag_of(const struct cpu_state *s) {
    return (s->flag_carry ^ (s->flag_carry << 1)) >> 63;
}

static inline bool flag_zf(const struct cpu_state *s) {
    return s->flag_result == 0;
}

static inline bool flag_sf(const struct cpu_state *s) {
    return (s->flag_result ^ s->flag_aux) >> 63;
}

static inline bool flag_pf(const struct cpu_state *s) {
    return !__builtin_parity((unsigned)((s->flag_result ^ (s->flag_aux >> 8)) & 0xff));
}

static inline bool flag_af(const struct cpu_state *s) {
    return (s->flag_aux >> 4) & 1;
}

/* The whole RFLAGS register. */
uint64_t rflags_get(const struct cpu_state *s);
/* Sets all of RFLAGS (the caller masks what may change). */
void rflags_set(struct cpu_state *s, uint64_t rflags);
/* Sets only the arithmetic flags, keeping the others. */
void rflags_set_arith(struct cpu_state *s, uint64_t rflags);
