/* SPDX-License-Identifier: ISC */
/* Two consumers wait for one item; both are woken, and the second does not look again whether it is still there. Right: a loop. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int items, taken_from_nothing, done;

static void *consume(void *arg) {
    pthread_mutex_lock(&lock);
#ifdef CORRECT
    while (!items && !done) pthread_cond_wait(&more, &lock);
    if (items) items--;
#else
    if (!items && !done) pthread_cond_wait(&more, &lock);
    if (items) items--;
    else if (!done) taken_from_nothing = 1;
#endif
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, consume, NULL);
    pthread_mutex_lock(&lock);
    items = 1;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
    const int early = taken_from_nothing;
    done = 1;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return early || taken_from_nothing;
}
