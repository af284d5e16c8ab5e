/* SPDX-License-Identifier: ISC */
/* Two threads add to one counter under a mutex and to another atomically: mutex ROUNDS. */
#include <pthread.h>
#include <stdatomic.h>
#include "guest.h"

struct counters {
    pthread_mutex_t lock;
    long plain, rounds;
    atomic_long atomic;
};

static void *add(void *opaque) {
    struct counters *c = opaque;
    for (long i = 0; i < c->rounds; i++) {
        if (i % 8 == 0) {
            pthread_mutex_lock(&c->lock);
            c->plain++;
            pthread_mutex_unlock(&c->lock);
        }
        atomic_fetch_add(&c->atomic, i & 3);
    }
    return NULL;
}

int main(int argc, char **argv) {
    static struct counters c = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0};
    pthread_t threads[2];
    c.rounds = number(argc, argv, 1, 10000);
    for (int i = 0; i < 2; i++) require(pthread_create(&threads[i], NULL, add, &c) == 0, "pthread_create");
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    printf("%ld %ld\n", c.plain, atomic_load(&c.atomic));
    return 0;
}
