/* SPDX-License-Identifier: ISC */
/* The mathematical library: sin, exp, log, pow and atan2 over a range of doubles: libm ROUNDS. */
#include <math.h>
#include "guest.h"

int main(int argc, char **argv) {
    const long rounds = number(argc, argv, 1, 100000);
    uint64_t hash = 0;
    double sum = 0;
    for (long i = 1; i <= rounds; i++) {
        const double x = (double)i / rounds * 20;
        sum += sin(x) + exp(-x) + log(x + 1) + pow(x, 0.3) + atan2(x, 3);
        if (i % 1000 == 0) hash = mix_double(hash, sum);
    }
    print_hash(mix_double(hash, sum));
    return 0;
}
