/* SPDX-License-Identifier: ISC */
/* rusage, rlimit and sysinfo as the x86-64 kernel lays them out. */
#pragma once

#include "syscall/linux/abi/time.h"

enum rusage_who { RUSAGE_WHO_SELF = 0, RUSAGE_WHO_CHILDREN = -1, RUSAGE_WHO_THREAD = 1 };

struct guest_rusage {
    struct guest_timeval utime, stime;
    int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
_Static_assert(sizeof(struct guest_rusage) == 144, "rusage is 144 bytes");

struct guest_rlimit {
    uint64_t soft, hard;
};

struct guest_sysinfo {
    int64_t uptime;
    uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad_;
    uint32_t pad2_;
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit, pad3_;
};
_Static_assert(sizeof(struct guest_sysinfo) == 112, "sysinfo is 112 bytes");

struct guest_utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
