// link: static-pie
/* SPDX-License-Identifier: ISC */
/* The same for a position-independent program without a loader. */
#include "tests/guest/exec_first_stack.c"
