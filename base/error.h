/* SPDX-License-Identifier: ISC */
/* The error space: Linux's numbers on every host. A function returns 0 or more for success, -ENAME for an error.
 * Never included together with <errno.h>; host/<os>/error.c alone translates the host's codes. */
#pragma once

enum error_number {
#define E(name, number, text) name = number,
#include "base/error.def"
#undef E
    MAX_ERRNO = 4095,
};

/* Returns the name ("EBADF") or the text ("Bad file descriptor") of an error; err may be negated or not. */
const char *error_name(int err);
const char *error_text(int err);
