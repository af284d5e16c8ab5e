/* SPDX-License-Identifier: ISC */
/* The smallest program of use: what it costs is what it costs to start. */
#include <stdio.h>

int main(void) {
    puts("hello");
    return 0;
}
