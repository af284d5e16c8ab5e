/* SPDX-License-Identifier: ISC */
/* sysinfo(2) for the machine's memory and load. */
#include "host/system.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <sys/sysinfo.h>

int os_system_get(struct host_system *out) {
    struct sysinfo info;
    if (sysinfo(&info) < 0) return host_error_last();
    const uint64_t unit = info.mem_unit;
    *out = (struct host_system){
        .memory_total = info.totalram * unit,
        .memory_free = info.freeram * unit,
        .memory_available = (info.freeram + info.bufferram) * unit,
        .swap_total = info.totalswap * unit,
        .swap_free = info.freeswap * unit,
        .n_processes = info.procs,
    };
    for (int i = 0; i < 3; i++) out->load[i] = (uint32_t)(info.loads[i] * 100 / 65536);
    return 0;
}
