/* SPDX-License-Identifier: ISC */
/* Copies memory: copy small|large|rep ROUNDS. small: the library's memcpy of 1 to 64 bytes; large: of 512 KiB;
 * rep: REP MOVSB and REP STOSB of 4 KiB. */
#include <string.h>
#include "guest.h"

enum { LARGE = 512 << 10 };

static unsigned char from[LARGE + 64], to[LARGE + 64];

/* Out of line, so that the compiler sees no constant lengths. */
static __attribute__((noinline)) void *copy(void *a, const void *b, size_t n) {
    return memcpy(a, b, n);
}

static void copy_rep(void *a, const void *b, size_t n) {
    __asm__ volatile("rep movsb" : "+D"(a), "+S"(b), "+c"(n) : : "memory");
}

static void fill_rep(void *a, int value, size_t n) {
    __asm__ volatile("rep stosb" : "+D"(a), "+c"(n) : "a"(value) : "memory");
}

int main(int argc, char **argv) {
    const char kind = argc > 1 ? argv[1][0] : 's';
    const long rounds = number(argc, argv, 2, 1000);
    uint64_t seed = 5, hash = 0;
    for (long i = 0; i < LARGE; i++) from[i] = next_random(&seed);
    for (long r = 0; r < rounds; r++) {
        if (kind == 's') {
            for (int i = 0; i < 256; i++) copy(to + i * 64, from + i * 61, 1 + (i * 37 & 63));
        } else if (kind == 'l') {
            copy(to, from + (r & 63), LARGE);
        } else {
            copy_rep(to, from + (r & 63), 4096);
            fill_rep(to + 4096, r, 4096);
        }
        hash = mix(hash, to[r & 4095] + to[8000]);
    }
    print_hash(hash);
    return 0;
}
