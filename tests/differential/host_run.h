/* SPDX-License-Identifier: ISC */
/* Runs one instruction on the host CPU with every register given: IRETQ with TF set, then the SIGTRAP (or the fault's
 * signal) shows the state after it. x86-64 Linux only. Not reentrant: one executor per process. */
#pragma once

#include "tests/differential/state.h"

#include <stdbool.h>

/* Maps the fixed ranges and installs the handlers. Returns 0, or -1 when the ranges are taken. */
int host_run_init(void);
/* Whether the host has a page of the tester there, which the guest has not. */
bool host_run_owns(uint64_t gva);
void host_run(const struct instance *instance, struct result *out);
