/* SPDX-License-Identifier: ISC */
/* Double-checked locking that tells of the object before it is filled. Right: fill it first. */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int ready, value, wrong;

static void make(void) {
    pthread_mutex_lock(&lock);
    if (!atomic_load(&ready)) {
#ifdef CORRECT
        atomic_store(&value, 42);
        atomic_store(&ready, 1);
#else
        atomic_store(&ready, 1);
        atomic_store(&value, 42);
#endif
    }
    pthread_mutex_unlock(&lock);
}

static void *get(void *arg) {
    if (!atomic_load(&ready)) make();
    if (atomic_load(&value) != 42) atomic_store(&wrong, 1);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, get, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&wrong);
}
