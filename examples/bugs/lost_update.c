/* SPDX-License-Identifier: ISC */
/* Two threads read, add and write back: one addition gets lost. Right: an atomic addition. */
#include <pthread.h>
#include <stdatomic.h>

static _Atomic long balance;

static void *deposit(void *arg) {
#ifdef CORRECT
    atomic_fetch_add(&balance, 1);
#else
    const long old = atomic_load(&balance);
    atomic_store(&balance, old + 1);
#endif
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, deposit, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return balance != 2;
}
