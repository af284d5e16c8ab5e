/* SPDX-License-Identifier: ISC */
/* ChaCha20 key stream (RFC 8439), plain C. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t rol(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t *x, int a, int b, int c, int d) {
    x[a] += x[b];
    x[d] = rol(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rol(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rol(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rol(x[b] ^ x[c], 7);
}

int main(int argc, char **argv) {
    const int blocks = argc > 1 ? atoi(argv[1]) : 40000;
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, hash = 0;
    for (int i = 4; i < 16; i++) state[i] = (uint32_t)i * 0x01010101;
    for (int n = 0; n < blocks; n++) {
        uint32_t x[16];
        memcpy(x, state, sizeof x);
        for (int r = 0; r < 10; r++) {
            for (int i = 0; i < 4; i++) quarter(x, i, 4 + i, 8 + i, 12 + i);
            for (int i = 0; i < 4; i++) quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
        }
        for (int i = 0; i < 16; i++) hash = rol(hash, 3) ^ (x[i] + state[i]);
        state[12]++;
    }
    printf("%08x\n", hash);
    return 0;
}
