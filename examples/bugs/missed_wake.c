/* SPDX-License-Identifier: ISC */
/* The flag is set without the lock: between the waiter's test and its wait the signal finds nobody. Right: set it under the lock. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready_cond = PTHREAD_COND_INITIALIZER;
static volatile int ready;

static void *produce(void *arg) {
#ifdef CORRECT
    pthread_mutex_lock(&lock);
#endif
    ready = 1;
    pthread_cond_signal(&ready_cond);
#ifdef CORRECT
    pthread_mutex_unlock(&lock);
#endif
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, produce, NULL);
    pthread_mutex_lock(&lock);
    while (!ready) pthread_cond_wait(&ready_cond, &lock);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
