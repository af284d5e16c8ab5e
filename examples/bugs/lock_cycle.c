/* SPDX-License-Identifier: ISC */
/* Three threads, three forks, and each takes its left one first. Right: the last one takes its right one first. */
#include <pthread.h>
#include <stdint.h>

enum { N = 3 };

static pthread_mutex_t forks[N] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

static void *eat(void *arg) {
    int left = (int)(intptr_t)arg, right = (left + 1) % N;
#ifdef CORRECT
    if (left > right) {
        left = 0;
        right = N - 1;
    }
#endif
    pthread_mutex_lock(&forks[left]);
    pthread_mutex_lock(&forks[right]);
    pthread_mutex_unlock(&forks[right]);
    pthread_mutex_unlock(&forks[left]);
    return NULL;
}

int main(void) {
    pthread_t threads[N];
    for (intptr_t i = 0; i < N; i++) pthread_create(&threads[i], NULL, eat, (void *)i);
    for (int i = 0; i < N; i++) pthread_join(threads[i], NULL);
    return 0;
}
