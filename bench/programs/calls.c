/* SPDX-License-Identifier: ISC */
/* Virtual calls: shapes behind function pointers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct shape {
    uint64_t (*area)(const struct shape *);
    uint32_t a, b;
};

static uint64_t square(const struct shape *s) { return (uint64_t)s->a * s->a; }
static uint64_t rectangle(const struct shape *s) { return (uint64_t)s->a * s->b; }
static uint64_t triangle(const struct shape *s) { return (uint64_t)s->a * s->b / 2; }
static uint64_t segment(const struct shape *s) { return s->a ^ s->b; }

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 10000;
    enum { SHAPES = 1000 };
    static struct shape shapes[SHAPES];
    static uint64_t (*const kinds[])(const struct shape *) = {square, rectangle, triangle, segment};
    uint32_t seed = 1;
    for (int i = 0; i < SHAPES; i++) {
        seed = seed * 1664525 + 1013904223;
        shapes[i] = (struct shape){kinds[seed >> 30], seed >> 20, seed >> 12 & 0xfff};
    }
    uint64_t sum = 0;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < SHAPES; i++) sum += shapes[i].area(&shapes[i]);
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
