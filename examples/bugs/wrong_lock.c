/* SPDX-License-Identifier: ISC */
/* Both threads lock, but not the same lock. Right: one lock for one variable. */
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static volatile int count;

static void *add(void *arg) {
    pthread_mutex_lock(arg);
    count = count + 1;
    pthread_mutex_unlock(arg);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
#ifdef CORRECT
    pthread_mutex_t *other = &a;
#else
    pthread_mutex_t *other = &b;
#endif
    pthread_create(&threads[0], NULL, add, &a);
    pthread_create(&threads[1], NULL, add, other);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&b);
    return count != 2;
}
