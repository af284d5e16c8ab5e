/* SPDX-License-Identifier: ISC */
/* struct timespec and its relatives as x86-64 Linux lays them out. */
#pragma once

#include <stdint.h>

struct linux_timespec {
    int64_t sec, nsec;
};

struct linux_timeval {
    int64_t sec, usec;
};

struct linux_itimerspec {
    struct linux_timespec interval, value;
};
