/* SPDX-License-Identifier: ISC */
/* Mutual exclusion by two flags, each thread waiting for the other one's: both raise theirs and wait for ever. Right: whose turn it
 * is decides (Peterson). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

static _Atomic int wants[2];
#ifdef CORRECT
static _Atomic int turn;
#endif
static volatile int count;

static void *work(void *arg) {
    const int self = (int)(intptr_t)arg, other = 1 - self;
    atomic_store(&wants[self], 1);
#ifdef CORRECT
    atomic_store(&turn, other);
    while (atomic_load(&wants[other]) && atomic_load(&turn) == other) {
    }
#else
    while (atomic_load(&wants[other])) {
    }
#endif
    count = count + 1;
    atomic_store(&wants[self], 0);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (intptr_t i = 0; i < 2; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return count != 2;
}
