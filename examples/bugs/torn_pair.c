/* SPDX-License-Identifier: ISC */
/* Two words that belong together are written one after the other; a reader sees one of each. Right: readers and writers lock. */
#include <pthread.h>
#include <stdatomic.h>

#ifdef CORRECT
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#endif
static _Atomic int low, high;

static void enter(void) {
#ifdef CORRECT
    pthread_mutex_lock(&lock);
#endif
}

static void leave(void) {
#ifdef CORRECT
    pthread_mutex_unlock(&lock);
#endif
}

static void *write_both(void *arg) {
    enter();
    atomic_store(&low, 1);
    atomic_store(&high, 1);
    leave();
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, write_both, NULL);
    enter();
    const int seen_low = atomic_load(&low), seen_high = atomic_load(&high);
    leave();
    pthread_join(thread, NULL);
    return seen_low != seen_high;
}
