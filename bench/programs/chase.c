/* SPDX-License-Identifier: ISC */
/* Follows pointers along one random cycle: chase KIBIBYTES STEPS. Each load waits for the one before. */
#include "guest.h"

struct cell {
    struct cell *next;
    uint64_t value;
};

int main(int argc, char **argv) {
    const long n = number(argc, argv, 1, 256) * 1024 / sizeof(struct cell), steps = number(argc, argv, 2, 1000000);
    struct cell *cells = malloc(n * sizeof *cells);
    uint32_t *order = malloc(n * sizeof *order);
    uint64_t seed = 3, hash = 0;
    for (long i = 0; i < n; i++) order[i] = i;
    for (long i = n - 1; i > 0; i--) {
        const long j = next_random(&seed) % i;
        const uint32_t t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (long i = 0; i < n; i++) cells[order[i]] = (struct cell){&cells[order[(i + 1) % n]], i};
    const struct cell *at = cells;
    for (long s = 0; s < steps; s++) {
        hash += at->value;
        at = at->next;
    }
    print_hash(mix(hash, at->value));
    return 0;
}
