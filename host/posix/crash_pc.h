/* SPDX-License-Identifier: ISC */
/* Where a fault happened. For host/posix/ only; async-signal-safe. */
#pragma once

#include <stdint.h>

/* The faulting instruction's address relative to our own image, from a signal handler's third argument. */
uint64_t host_crash_pc(const void *context);
