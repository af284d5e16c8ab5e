/* SPDX-License-Identifier: ISC */
/* Two threads give back their references, counting down in two steps: nobody, or both, free the object. Right: one atomic step. */
#include <pthread.h>
#include <stdatomic.h>

static _Atomic int references = 2, freed;

static void *put(void *arg) {
#ifdef CORRECT
    if (atomic_fetch_sub(&references, 1) == 1) atomic_fetch_add(&freed, 1);
#else
    atomic_fetch_sub(&references, 1);
    if (atomic_load(&references) == 0) atomic_fetch_add(&freed, 1);
#endif
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, put, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&freed) != 1;
}
