/* SPDX-License-Identifier: ISC */
/* Call and return: Fibonacci by double recursion. */
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) unsigned fib(unsigned n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
    printf("%u\n", fib(argc > 1 ? (unsigned)atoi(argv[1]) : 32));
    return 0;
}
