/* SPDX-License-Identifier: ISC */
/* Fast Fourier transform of complex doubles, in place, radix 2, there and back: fft LOG2_SIZE ROUNDS. */
#include <math.h>
#include "guest.h"

struct complex {
    double re, im;
};

static void reorder(struct complex *x, long n) {
    for (long i = 1, j = 0; i < n; i++) {
        long bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i >= j) continue;
        const struct complex t = x[i];
        x[i] = x[j];
        x[j] = t;
    }
}

/* root[k] is exp(2 pi i k / n); sign -1 transforms back, without the division by n. */
static void transform(struct complex *x, const struct complex *root, long n, double sign) {
    reorder(x, n);
    for (long half = 1; half < n; half *= 2) {
        const long stride = n / (2 * half);
        for (long start = 0; start < n; start += 2 * half) {
            for (long k = 0; k < half; k++) {
                const struct complex w = {root[k * stride].re, sign * root[k * stride].im};
                struct complex *a = &x[start + k], *b = a + half;
                const struct complex t = {b->re * w.re - b->im * w.im, b->re * w.im + b->im * w.re};
                *b = (struct complex){a->re - t.re, a->im - t.im};
                *a = (struct complex){a->re + t.re, a->im + t.im};
            }
        }
    }
}

int main(int argc, char **argv) {
    const long n = 1L << number(argc, argv, 1, 12), rounds = number(argc, argv, 2, 10);
    struct complex *x = malloc(n * sizeof *x), *root = malloc(n * sizeof *root);
    uint64_t seed = 11, hash = 0;
    for (long i = 0; i < n; i++) {
        x[i] = (struct complex){next_random(&seed) * 0x1p-32, next_random(&seed) * 0x1p-32};
        root[i] = (struct complex){cos(2 * M_PI * i / n), sin(2 * M_PI * i / n)};
    }
    for (long r = 0; r < rounds; r++) {
        transform(x, root, n, 1);
        hash = mix_double(hash, x[r % n].re);
        transform(x, root, n, -1);
        for (long i = 0; i < n; i++) x[i] = (struct complex){x[i].re / n, x[i].im / n};
    }
    for (long i = 0; i < n; i++) hash = mix_double(mix_double(hash, x[i].re), x[i].im);
    print_hash(hash);
    return 0;
}
