/* SPDX-License-Identifier: ISC */
/* A function that takes a lock calls another one that takes it, too: the thread waits for itself. Right: the inner one expects it taken. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void add(void) {
#ifndef CORRECT
    pthread_mutex_lock(&lock);
#endif
    count++;
#ifndef CORRECT
    pthread_mutex_unlock(&lock);
#endif
}

static void *add_twice(void *arg) {
    pthread_mutex_lock(&lock);
    add();
    add();
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, add_twice, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return count != 4;
}
