/* SPDX-License-Identifier: ISC */
/* One test instance: the state before an instruction, and what an executor (host CPU, interpreter, Unicorn) made of
 * it. All executors see the same guest addresses with the same contents. */
#pragma once

#include <stdint.h>

#define CODE_GVA 0x21000000ull /* CODE_PAGES_SIZE bytes, readable, writable and executable: INT3 but for the instruction */
#define CODE_PAGES_SIZE 0x2000u
#define CODE_FILL 0xcc
#define DATA_GVA 0x20000000ull /* DATA_SIZE bytes, readable and writable; unmapped on both sides */
#define DATA_SIZE 0x2000u
#define DATA_MID (DATA_GVA + DATA_SIZE / 2)

enum outcome { OUTCOME_RETIRED, OUTCOME_EXCEPTION };

struct machine_state {
    uint64_t gpr[16];
    uint64_t rip, rflags;
    uint8_t xsave[832] __attribute__((aligned(64))); /* standard form: legacy region, header, YMM upper halves */
    uint8_t data[DATA_SIZE];                         /* contents of DATA_GVA */
    uint8_t code[CODE_PAGES_SIZE];                         /* contents of CODE_GVA; afterwards only */
};

struct instance {
    uint8_t bytes[15];
    unsigned length;
    _Bool repeats; /* REP or a gather: the host may trap after each step */
    struct machine_state before;
};

struct result {
    enum outcome outcome;
    unsigned vector;       /* of the exception */
    uint32_t error_code;   /* #PF, #GP */
    uint64_t fault_address;/* #PF */
    struct machine_state after;
};
