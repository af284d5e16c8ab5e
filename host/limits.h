/* SPDX-License-Identifier: ISC */
/* Limits that the host puts on us and that a machine's first process inherits. */
#pragma once

#include <stdint.h>

/* Bytes of a core file, as setrlimit(2) counts them; UINT64_MAX: no limit; 0 also when the host does not say. */
uint64_t host_limit_core(void);
