// Double-precision matrix product.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const int n = argc > 1 ? atoi(argv[1]) : 180;
    double *a = malloc(sizeof *a * n * n), *b = malloc(sizeof *b * n * n), *c = calloc(n * n, sizeof *c);
    for (int i = 0; i < n * n; i++) {
        a[i] = (i % 17) * 0.25;
        b[i] = (i % 13) * 0.5 - 1;
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
        }
    }
    double sum = 0;
    for (int i = 0; i < n * n; i++) sum += c[i];
    printf("%.3f\n", sum);
    return 0;
}
