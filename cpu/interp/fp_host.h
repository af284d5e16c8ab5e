/* SPDX-License-Identifier: ISC */
/* What fp.c needs from a host: one floating-point control word in the form of MXCSR. */
#pragma once

#include <stdint.h>

/* The host's word now: control bits and sticky flags. */
uint32_t fp_host_get(void);
/* Sets rounding, DAZ, FTZ and the sticky flags; all exceptions stay masked. */
void fp_host_set(uint32_t mxcsr);
