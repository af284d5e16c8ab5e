/* SPDX-License-Identifier: ISC */
/* One condition variable for two conditions: pthread_cond_signal wakes the thread that waits for the other one. Right: broadcast. */
#include <pthread.h>
#include <stdint.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

static void *wait_for(void *arg) {
    pthread_mutex_lock(&lock);
    while (turn != (int)(intptr_t)arg) pthread_cond_wait(&changed, &lock);
    turn++;
#ifdef CORRECT
    pthread_cond_broadcast(&changed);
#else
    pthread_cond_signal(&changed);
#endif
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    for (intptr_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, wait_for, (void *)i);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    return 0;
}
