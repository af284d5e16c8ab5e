/* SPDX-License-Identifier: ISC */
/* A thread is cancelled while it holds a lock, and nobody releases it. Right: a cleanup handler does. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int count;

#ifdef CORRECT
static void release(void *arg) {
    pthread_mutex_unlock(arg);
}
#endif

static void *work(void *arg) {
    pthread_mutex_lock(&lock);
#ifdef CORRECT
    pthread_cleanup_push(release, &lock);
#endif
    count = count + 1;
    pthread_testcancel();
    count = count + 1;
#ifdef CORRECT
    pthread_cleanup_pop(0);
#endif
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_cancel(thread);
    pthread_mutex_lock(&lock);
    count = count + 1;
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
