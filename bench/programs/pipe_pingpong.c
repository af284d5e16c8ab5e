/* SPDX-License-Identifier: ISC */
/* Two threads hand a byte to and fro through two pipes: pipe_pingpong ROUND_TRIPS. */
#include <pthread.h>
#include <unistd.h>
#include "guest.h"

struct pair {
    int to[2], from[2];
    long trips;
};

static void *answer(void *opaque) {
    struct pair *p = opaque;
    unsigned char byte;
    for (long i = 0; i < p->trips && read(p->to[0], &byte, 1) == 1; i++) {
        byte++;
        require(write(p->from[1], &byte, 1) == 1, "write");
    }
    return NULL;
}

int main(int argc, char **argv) {
    struct pair p = {.trips = number(argc, argv, 1, 1000)};
    pthread_t thread;
    uint64_t hash = 0;
    require(pipe(p.to) == 0 && pipe(p.from) == 0, "pipe");
    require(pthread_create(&thread, NULL, answer, &p) == 0, "pthread_create");
    for (long i = 0; i < p.trips; i++) {
        unsigned char byte = i;
        require(write(p.to[1], &byte, 1) == 1 && read(p.from[0], &byte, 1) == 1, "pipe");
        hash = mix(hash, byte);
    }
    pthread_join(thread, NULL);
    print_hash(hash);
    return 0;
}
