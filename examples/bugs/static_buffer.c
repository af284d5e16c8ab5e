/* SPDX-License-Identifier: ISC */
/* A function returns its static buffer; with two threads each reads what the other one wrote. Right: the caller's buffer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

static _Atomic int wrong;

static volatile int *format(int n, volatile int *own) {
#ifdef CORRECT
    volatile int *buffer = own;
#else
    static volatile int shared[2];
    volatile int *buffer = shared;
#endif
    buffer[0] = n;
    buffer[1] = -n;
    return buffer;
}

static void *work(void *arg) {
    volatile int own[2];
    const int n = (int)(intptr_t)arg;
    volatile int *buffer = format(n, own);
    if (buffer[0] != n || buffer[1] != -n) atomic_store(&wrong, 1);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (intptr_t i = 0; i < 2; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&wrong);
}
