/* SPDX-License-Identifier: ISC */
/* The memory images of the FPU and vector state: FXSAVE (512 bytes) and the standard XSAVE form
 * (832 bytes: legacy region, header, YMM upper halves). Used by FXSAVE/XSAVE and by the kernel's
 * signal frames. Sources: SDM 1 10.5, 13.4. */
#pragma once

#include "cpu/state.h"

#include <stdbool.h>

enum { FXSAVE_SIZE = 512, XSAVE_SIZE = 832 };
enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4, XCR0_ALL = 7 };
enum { MXCSR_INIT = 0x1f80, MXCSR_WRITABLE = 0xffff };

/* Offsets of the image's parts. */
enum {
    XSAVE_AT_MXCSR = 24,
    XSAVE_AT_ST = 32,
    XSAVE_AT_XMM = 160,
    XSAVE_AT_SOFTWARE = 464,
    XSAVE_AT_XSTATE_BV = 512,
    XSAVE_AT_XCOMP_BV = 520,
    XSAVE_AT_YMM = 576,
};

/* Writes/reads the 512-byte legacy region, pointers in 64-bit form. Bytes 416..511 are not written,
 * as by a CPU. Restoring returns false on a reserved MXCSR bit (#GP), state unchanged. */
void fxsave_write(const struct cpu_state *s, uint8_t image[FXSAVE_SIZE]);
bool fxsave_read(struct cpu_state *s, const uint8_t image[FXSAVE_SIZE]);
/* Whole standard-form XSAVE image with all of XCR0_ALL, xstate_bv = 7, as a Linux signal frame
 * holds it; the bytes that no component owns are zero. Reading obeys xstate_bv (absent parts get
 * their initial state) and refuses bad headers and reserved MXCSR bits, state unchanged then. */
void xsave_write(const struct cpu_state *s, uint8_t image[XSAVE_SIZE]);
bool xsave_read(struct cpu_state *s, const uint8_t image[XSAVE_SIZE]);

/* Parts of an image, for the instructions. wide: FIP and FDP in 64 bits, else 32 bits and selectors
 * (read as 0). */
void xsave_put_x87(const struct cpu_state *s, uint8_t *image, bool wide);
void xsave_put_mxcsr(const struct cpu_state *s, uint8_t *image);
void xsave_put_xmm(const struct cpu_state *s, uint8_t *image);
void xsave_put_ymm(const struct cpu_state *s, uint8_t *image);
void xsave_get_x87(struct cpu_state *s, const uint8_t *image, bool wide);
void xsave_get_xmm(struct cpu_state *s, const uint8_t *image);
void xsave_get_ymm(struct cpu_state *s, const uint8_t *image);
void xsave_init_x87(struct cpu_state *s);
void xsave_init_xmm(struct cpu_state *s);
void xsave_init_ymm(struct cpu_state *s);
/* The components that differ from their initial state (XINUSE); MXCSR counts as part of SSE. */
unsigned xsave_in_use(const struct cpu_state *s);
