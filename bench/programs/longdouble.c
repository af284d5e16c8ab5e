/* SPDX-License-Identifier: ISC */
/* x87: a logistic map and a harmonic sum in long double. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const int n = argc > 1 ? atoi(argv[1]) : 1000000;
    long double x = 0.3L, sum = 0;
    for (int i = 1; i <= n; i++) {
        x = 3.7L * x * (1 - x);
        sum += x / i;
    }
    printf("%.15Lf %.15Lf\n", x, sum);
    return 0;
}
