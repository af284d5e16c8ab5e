/* SPDX-License-Identifier: ISC */
/* Sorts numbers: sort quick|heap|library N ROUNDS. The library's qsort calls back through a pointer. */
#include <string.h>
#include "guest.h"

static void quick(uint32_t *v, long lo, long hi) {
    while (lo < hi) {
        const uint32_t pivot = v[(lo + hi) / 2];
        long i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i > j) break;
            const uint32_t t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        quick(v, lo, j);
        lo = i;
    }
}

static void sift(uint32_t *v, long i, long n) {
    for (long child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && v[child + 1] > v[child]) child++;
        if (v[i] >= v[child]) return;
        const uint32_t t = v[i];
        v[i] = v[child];
        v[child] = t;
    }
}

static void heap(uint32_t *v, long n) {
    for (long i = n / 2; i-- > 0;) sift(v, i, n);
    for (long i = n; i-- > 1;) {
        const uint32_t t = v[0];
        v[0] = v[i];
        v[i] = t;
        sift(v, 0, i);
    }
}

static int compare(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "quick";
    const long n = number(argc, argv, 2, 60000), rounds = number(argc, argv, 3, 1);
    uint32_t *v = malloc(n * sizeof *v);
    uint64_t hash = 0, seed = 7;
    for (long r = 0; r < rounds; r++) {
        for (long i = 0; i < n; i++) v[i] = next_random(&seed);
        if (!strcmp(kind, "quick")) quick(v, 0, n - 1);
        else if (!strcmp(kind, "heap")) heap(v, n);
        else qsort(v, n, sizeof *v, compare);
        for (long i = 0; i < n; i++) hash = mix(hash, v[i]);
    }
    print_hash(hash);
    return 0;
}
