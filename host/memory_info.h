/* SPDX-License-Identifier: ISC */
/* How much memory the host machine has. */
#pragma once

#include <stdint.h>

struct host_memory_info {
    uint64_t total, free; /* bytes */
};

void host_memory_info(struct host_memory_info *out);
