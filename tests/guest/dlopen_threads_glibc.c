// link: glibc
// library: yes
/* SPDX-License-Identifier: ISC */
/* The same with the host's own C library and its loader. */
#include "tests/guest/dlopen_threads.c"
