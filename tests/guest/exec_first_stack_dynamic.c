// link: dynamic
/* SPDX-License-Identifier: ISC */
/* The same for a position-independent program with the dynamic loader. */
#include "tests/guest/exec_first_stack.c"
