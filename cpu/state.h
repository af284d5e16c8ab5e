/* SPDX-License-Identifier: ISC */
/* The architectural state of one x86-64 hardware thread, as the SDM defines it, plus the lazy form of the
 * arithmetic flags that the engines share. */
#pragma once

#include "decoder/insn.h"

#include <stdint.h>

enum rflags {
    RFLAGS_CF = 0x1, RFLAGS_ONE = 0x2, RFLAGS_PF = 0x4, RFLAGS_AF = 0x10, RFLAGS_ZF = 0x40, RFLAGS_SF = 0x80,
    RFLAGS_TF = 0x100, RFLAGS_IF = 0x200, RFLAGS_DF = 0x400, RFLAGS_OF = 0x800, RFLAGS_IOPL = 0x3000,
    RFLAGS_NT = 0x4000, RFLAGS_RF = 0x10000, RFLAGS_AC = 0x40000, RFLAGS_ID = 0x200000,
    RFLAGS_ARITH = RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF,
};

/* Slots of gpr[] past R15: one that is always zero (absent base or index), one for a computed address. */
enum { GPR_ZERO = REG_NONE, GPR_ADDRESS, GPR_SLOTS };

union vec {
    uint8_t u8[32];
    int8_t i8[32];
    uint16_t u16[16];
    int16_t i16[16];
    uint32_t u32[8];
    int32_t i32[8];
    uint64_t u64[4];
    int64_t i64[4];
    float f32[8];
    double f64[4];
} __attribute__((aligned(32)));

/* An 80-bit extended real: mantissa with explicit integer bit; sign in bit 15 of se, exponent below it. */
struct float80 {
    uint64_t mantissa;
    uint16_t se;
};

/* st[i] is the physical register R<i>; ST(j) is st[(top + j) & 7], top in fsw bits 11-13. MMX register i is
 * st[i].mantissa. */
struct x87 {
    struct float80 st[8];
    uint16_t fcw, fsw, fop;
    uint8_t ftw; /* one bit per physical register: 1 = not empty (the FXSAVE form) */
    uint64_t fip, fdp;
};

struct cpu_state {
    uint64_t gpr[GPR_SLOTS];
    uint64_t rip;
    /* Lazy arithmetic flags; see cpu/flags.h. Never read them directly. */
    uint64_t flag_result, flag_carry, flag_aux;
    uint64_t rflags_other; /* RFLAGS without the arithmetic flags; bit 1 always set */
    uint64_t seg_base[6];  /* by enum seg; only FS and GS may be non-zero */
    uint16_t seg_sel[6];
    uint32_t mxcsr;
    struct x87 x87;
    union vec ymm[16];
};
