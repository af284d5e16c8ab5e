/* SPDX-License-Identifier: ISC */
/* Reads a counter (cpu/counter.h) straight from the host. Called by the stub in the midst of translated code, while the vector
 * registers, the x87 and MXCSR are the guest's: counter.c is built for general registers only. */
#pragma once

#include "host/vdso.h"

struct counter_source {
    struct host_vdso vdso;
    uint32_t n_processors; /* as cpu_env says */
};

/* As the ABI returns it, in RAX and RDX. */
struct counter_reading {
    uint64_t value;
    uint64_t known; /* 0: no such counter */
};

struct counter_reading counter_read(uint32_t number, const struct counter_source *source);
