/* SPDX-License-Identifier: ISC */
/* The x87 state as images in memory see it: tag words in both forms, initialization. For x87_*.c
 * and xsave. */
#pragma once

#include "cpu/state.h"

/* FNINIT: control, status, tags and pointers; the registers keep their contents. */
void x87_init(struct x87 *f);
/* The full tag word, two bits a physical register, computed from the contents: 0 valid, 1 zero, 2
 * special, 3 empty. */
uint16_t x87_full_tags(const struct x87 *f);
/* The one-bit form of a full tag word: only "empty" matters. */
uint8_t x87_abridged_tags(uint16_t full);
