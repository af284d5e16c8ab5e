/* SPDX-License-Identifier: ISC */
/* Our own executable's path. */
#pragma once

#include <stddef.h>

/* Returns 0 or -E. */
int host_self_path(char *out, size_t size);
