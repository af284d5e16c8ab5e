/* SPDX-License-Identifier: ISC */
/* An indirect-jump-heavy interpreter: computed goto over a small register machine. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const uint32_t limit = argc > 1 ? (uint32_t)atoi(argv[1]) : 2000000;
    static const uint8_t program[] = {0, 1, 2, 3, 4, 1, 5, 2, 6, 0, 3, 7};
    static const void *const target[] = {&&add, &&xor, &&mul, &&shift, &&sub, &&rotate, &&swap, &&loop};
    uint32_t x = 1, y = 2, n = 0, pc = 0;
    goto *target[program[pc++]];
add:
    x += y;
    goto *target[program[pc++]];
xor:
    y ^= x;
    goto *target[program[pc++]];
mul:
    x = x * 2654435761u + n;
    goto *target[program[pc++]];
shift:
    y += x >> 7;
    goto *target[program[pc++]];
sub:
    x -= y;
    goto *target[program[pc++]];
rotate:
    y = y << 5 | y >> 27;
    goto *target[program[pc++]];
swap: {
    const uint32_t t = x;
    x = y;
    y = t;
    goto *target[program[pc++]];
}
loop:
    if (++n == limit) {
        printf("%08x %08x\n", x, y);
        return 0;
    }
    pc = 0;
    goto *target[program[pc++]];
}
