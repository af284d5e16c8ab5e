/* SPDX-License-Identifier: ISC */
/* Physical memory by sysconf. */
#include "host/memory_info.h"

#include <unistd.h>

static uint64_t pages(int name) {
    const long n = sysconf(name);
    return n > 0 ? (uint64_t)n : 0;
}

void host_memory_info(struct host_memory_info *out) {
    const uint64_t page = pages(_SC_PAGESIZE);
    out->total = pages(_SC_PHYS_PAGES) * page;
    out->free = pages(_SC_AVPHYS_PAGES) * page;
}
