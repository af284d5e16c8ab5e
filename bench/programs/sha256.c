// SHA-256 in plain C over a buffer that feeds on its own digest (FIPS 180-4).
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void block(uint32_t h[8], const uint32_t m[16]) {
    uint32_t w[64], s[8];
    memcpy(w, m, 64);
    memcpy(s, h, 32);
    for (int i = 16; i < 64; i++) {
        w[i] = w[i - 16] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
               (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
    }
    for (int i = 0; i < 64; i++) {
        const uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                            k[i] + w[i];
        const uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
                            ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += s[i];
}

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 8000;
    make_constants();
    uint32_t h[8], m[16] = {0};
    memcpy(h, initial, sizeof h);
    for (int i = 0; i < rounds; i++) {
        block(h, m);
        memcpy(m + i % 2 * 8, h, 32);
    }
    for (int i = 0; i < 8; i++) printf("%08x", h[i]);
    puts("");
    return 0;
}
