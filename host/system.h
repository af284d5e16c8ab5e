/* SPDX-License-Identifier: ISC */
/* How big and how busy the host is. */
#pragma once

#include <stdint.h>

struct host_system {
    uint64_t memory_total, memory_free, memory_available, swap_total, swap_free; /* bytes */
    uint32_t load[3]; /* over 1, 5, 15 minutes, in hundredths */
    uint32_t n_processes;
};

/* Returns 0 or -E. */
int host_system_get(struct host_system *out);
