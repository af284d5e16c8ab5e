/* SPDX-License-Identifier: ISC */
/* SHA-256 in plain C over a block that feeds on its own digest (FIPS 180-4): sha256 BLOCKS. */
#include <math.h>
#include <string.h>
#include "guest.h"

static uint32_t k[64], initial[8];

/* The constants are the fractions of roots of primes, as the standard defines them. */
static void make_constants(void) {
    int found = 0;
    for (int n = 2; found < 64; n++) {
        int prime = 1;
        for (int d = 2; d * d <= n; d++) prime &= n % d != 0;
        if (!prime) continue;
        const double c = cbrt(n), s = sqrt(n);
        if (found < 8) initial[found] = (uint32_t)((s - floor(s)) * 4294967296.0);
        k[found++] = (uint32_t)((c - floor(c)) * 4294967296.0);
    }
}

static uint32_t ror(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void expand(uint32_t w[64], const uint32_t m[16]) {
    memcpy(w, m, 64);
    for (int i = 16; i < 64; i++) {
        const uint32_t s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

static void block(uint32_t state[8], const uint32_t m[16]) {
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    expand(w, m);
    for (int i = 0; i < 64; i++) {
        const uint32_t t1 = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
        const uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int main(int argc, char **argv) {
    const long blocks = number(argc, argv, 1, 8000);
    uint32_t h[8], m[16] = {0};
    make_constants();
    memcpy(h, initial, sizeof h);
    for (long i = 0; i < blocks; i++) {
        block(h, m);
        memcpy(m + i % 2 * 8, h, 32);
    }
    for (int i = 0; i < 8; i++) printf("%08x", h[i]);
    puts("");
    return 0;
}
