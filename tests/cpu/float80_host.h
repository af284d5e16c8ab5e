/* SPDX-License-Identifier: ISC */
/* The host's x87 as an oracle: runs one instruction on operands given as bits, under a given
 * control word, and hands back the whole FPU state. Exceptions never reach the process: FNSAVE does
 * not wait and clears them. */
#pragma once

#include "cpu/state.h"

#include <string.h>

struct host_x87 {
    uint32_t fcw, fsw, ftw, fip, fcs, fdp, fds; /* as FNSAVE writes them */
    uint8_t st[8][10];
} __attribute__((packed));

struct host_memory {
    uint8_t byte[16];
};

typedef void host_fn(struct host_x87 *out, const uint8_t st0[10], const uint8_t st1[10],
                     uint16_t fcw, struct host_memory *memory);

/* ST(0), ST(1) are loaded first; `memory` is operand %4 of the instruction. */
#define HOST_X87(name, text)                                                                       \
    static void name(struct host_x87 *out, const uint8_t st0[10], const uint8_t st1[10],           \
                     uint16_t fcw, struct host_memory *memory) {                                   \
        __asm__ volatile("fninit\n\tfldt %2\n\tfldt %1\n\tfldcw %3\n\t" text                       \
                         "\n\tfnsave %0\n\tfninit"                                                 \
                         : "=m"(*out)                                                              \
                         : "m"(*(const uint8_t(*)[10])st0), "m"(*(const uint8_t(*)[10])st1),       \
                           "m"(fcw), "m"(*memory)                                                  \
                         : "memory", "rax", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)",        \
                           "st(5)", "st(6)", "st(7)");                                             \
    }

static inline void float80_bytes(struct float80 a, uint8_t out[10]) {
    memcpy(out, &a.mantissa, 8);
    memcpy(out + 8, &a.se, 2);
}

static inline struct float80 float80_of_bytes(const uint8_t in[10]) {
    struct float80 a;
    memcpy(&a.mantissa, in, 8);
    memcpy(&a.se, in + 8, 2);
    return a;
}

static inline void host_run_x87(host_fn *fn, struct host_x87 *out, struct float80 st0,
                                struct float80 st1, uint16_t fcw, struct host_memory *memory) {
    uint8_t bytes0[10], bytes1[10];
    float80_bytes(st0, bytes0);
    float80_bytes(st1, bytes1);
    fn(out, bytes0, bytes1, fcw, memory);
}
