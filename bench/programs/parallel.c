/* SPDX-License-Identifier: ISC */
/* One amount of work shared by threads that have nothing in common: parallel THREADS PIECES. The result does not depend on
 * the number of threads. */
#include <pthread.h>
#include "guest.h"

enum { MOST = 64, CELLS = 4096 };

struct share {
    pthread_t thread;
    long first, step, pieces;
    uint64_t sum;
    uint32_t cells[CELLS];
};

static uint64_t piece(uint32_t *cells, long number) {
    uint64_t seed = number, hash = 0;
    for (int i = 0; i < CELLS; i++) cells[i] = next_random(&seed);
    for (int i = 0; i < CELLS; i++) hash = mix(hash, cells[cells[i] % CELLS]);
    return hash;
}

static void *work(void *opaque) {
    struct share *s = opaque;
    for (long i = s->first; i < s->pieces; i += s->step) s->sum += piece(s->cells, i);
    return NULL;
}

int main(int argc, char **argv) {
    static struct share shares[MOST];
    const long threads = number(argc, argv, 1, 2), pieces = number(argc, argv, 2, 1000);
    uint64_t sum = 0;
    require(threads >= 1 && threads <= MOST, "number of threads");
    for (long i = 0; i < threads; i++) {
        shares[i].first = i, shares[i].step = threads, shares[i].pieces = pieces;
        require(pthread_create(&shares[i].thread, NULL, work, &shares[i]) == 0, "pthread_create");
    }
    for (long i = 0; i < threads; i++) {
        pthread_join(shares[i].thread, NULL);
        sum += shares[i].sum;
    }
    print_hash(sum);
    return 0;
}
