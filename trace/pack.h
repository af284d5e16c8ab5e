/* SPDX-License-Identifier: ISC */
/* Writes a trace again, compressed harder, up to its end or its last whole frame. */
#pragma once

#include <stddef.h>

/* Returns 0, or -1 with one line in why. */
int trace_pack(const char *path, const char *to, char *why, size_t size);
