/* SPDX-License-Identifier: ISC */
/* What the debugger adds to the kernel's growing text. */
#pragma once

#include "syscall/linux/fs/text.h"

/* Two hex digits a byte. */
void text_hex(struct text *text, const void *bytes, size_t n);
/* Empty again, and its memory kept. */
void text_clear(struct text *text);
