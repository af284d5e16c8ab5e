/* SPDX-License-Identifier: ISC */
/* Whoever comes first makes the object, but two may be first. Right: pthread_once. */
#include <pthread.h>
#include <stdatomic.h>

static _Atomic int is_made, n_made;

static void make(void) {
    atomic_fetch_add(&n_made, 1);
    atomic_store(&is_made, 1);
}

static void *use(void *arg) {
#ifdef CORRECT
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
#else
    if (!atomic_load(&is_made)) make();
#endif
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, use, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&n_made) != 1;
}
