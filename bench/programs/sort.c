// Quicksort by hand, heap sort by hand, and the library's qsort over the same numbers.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    const long n = argc > 1 ? atol(argv[1]) : 60000;
    uint32_t *v = malloc(n * 4), *w = malloc(n * 4), hash = 0, seed = 7;
    for (int round = 0; round < 3; round++) {
        for (long i = 0; i < n; i++) w[i] = seed = seed * 1664525 + 1013904223;
        memcpy(v, w, n * 4);
        if (round == 0) quick(v, 0, n - 1);
        else if (round == 1) heap(v, n);
        else qsort(v, n, 4, compare);
        for (long i = 0; i < n; i++) hash = hash * 31 + v[i];
    }
    printf("%08x\n", hash);
    return 0;
}
