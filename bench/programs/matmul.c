/* SPDX-License-Identifier: ISC */
/* Product of two square matrices of doubles: matmul SIDE ROUNDS. */
#include <string.h>
#include "guest.h"

static void multiply(double *c, const double *a, const double *b, long n) {
    memset(c, 0, n * n * sizeof *c);
    for (long i = 0; i < n; i++) {
        for (long k = 0; k < n; k++) {
            for (long j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
        }
    }
}

int main(int argc, char **argv) {
    const long n = number(argc, argv, 1, 180), rounds = number(argc, argv, 2, 1);
    double *a = malloc(sizeof *a * n * n), *b = malloc(sizeof *b * n * n), *c = malloc(sizeof *c * n * n);
    uint64_t hash = 0;
    for (long i = 0; i < n * n; i++) {
        a[i] = (i % 17) * 0.25;
        b[i] = (i % 13) * 0.5 - 1;
    }
    for (long r = 0; r < rounds; r++) {
        multiply(c, a, b, n);
        hash = mix_double(hash, c[r % (n * n)]);
        a[r % (n * n)] = c[0] * 1e-6;
    }
    for (long i = 0; i < n * n; i++) hash = mix_double(hash, c[i]);
    print_hash(hash);
    return 0;
}
