/* SPDX-License-Identifier: ISC */
/* The memory images of the FPU and vector state: FXSAVE (512 bytes) and the standard XSAVE form (832 bytes: legacy
 * region, header, YMM upper halves). Used by FXSAVE/XSAVE and by the kernel's signal frames. */
#pragma once

#include "cpu/state.h"

#include <stdbool.h>

enum { FXSAVE_SIZE = 512, XSAVE_SIZE = 832 };
enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4, XCR0_ALL = 7 };

/* Writes/reads the 512-byte legacy region. Restoring returns false on a reserved MXCSR bit (#GP), state unchanged. */
void fxsave_write(const struct cpu_state *s, uint8_t image[FXSAVE_SIZE]);
bool fxsave_read(struct cpu_state *s, const uint8_t image[FXSAVE_SIZE]);
/* Whole standard-form XSAVE image with all of XCR0_ALL, xstate_bv = 7, as a Linux signal frame holds it. Reading obeys
 * xstate_bv (absent parts get their initial state) and refuses bad headers. */
void xsave_write(const struct cpu_state *s, uint8_t image[XSAVE_SIZE]);
bool xsave_read(struct cpu_state *s, const uint8_t image[XSAVE_SIZE]);
