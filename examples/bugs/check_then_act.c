/* SPDX-License-Identifier: ISC */
/* The check and the act are locked each, but not together: two threads take the last one. Right: one critical section. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int stock = 1;

static int in_stock(void) {
    pthread_mutex_lock(&lock);
    const int n = stock;
    pthread_mutex_unlock(&lock);
    return n > 0;
}

static void *buy(void *arg) {
#ifdef CORRECT
    pthread_mutex_lock(&lock);
    if (stock > 0) stock--;
    pthread_mutex_unlock(&lock);
#else
    if (!in_stock()) return NULL;
    pthread_mutex_lock(&lock);
    stock--;
    pthread_mutex_unlock(&lock);
#endif
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    in_stock();
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, buy, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return stock < 0;
}
