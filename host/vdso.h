/* SPDX-License-Identifier: ISC */
/* The host kernel's own code in our process that reads clocks without a system call. It uses general registers only, so code whose
 * vector registers are a guest's may call it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum host_vdso_clock { HOST_VDSO_REALTIME = 0, HOST_VDSO_MONOTONIC = 1, HOST_VDSO_BOOTTIME = 7 };

struct host_vdso {
    /* time: seconds, nanoseconds. Returns 0. */
    int (*clock)(int clock, int64_t time[2]);
    /* Where the thread runs; node and unused may be NULL. Returns 0. */
    int (*processor)(uint32_t *cpu, uint32_t *node, void *unused);
};

/* Finds both. False: the host has none, and *out is all NULL. */
bool host_vdso_find(struct host_vdso *out);
