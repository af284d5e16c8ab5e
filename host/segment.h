/* SPDX-License-Identifier: ISC */
/* The calling thread's GS base on hosts whose processor has one. */
#pragma once

#include <stdint.h>

/* Returns 0 or -E (-ENOSYS where there is none). */
int host_thread_set_gs_base(uint64_t base);
