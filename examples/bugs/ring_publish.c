/* SPDX-License-Identifier: ISC */
/* A queue of one writer and one reader: the index moves before the item is there. Right: the item first. */
#include <pthread.h>
#include <stdatomic.h>

enum { N = 2 };

static _Atomic int items[N], end;

static void *produce(void *arg) {
    for (int i = 0; i < N; i++) {
#ifdef CORRECT
        atomic_store(&items[i], i + 1);
        atomic_store(&end, i + 1);
#else
        atomic_store(&end, i + 1);
        atomic_store(&items[i], i + 1);
#endif
    }
    return NULL;
}

int main(void) {
    pthread_t thread;
    int wrong = 0;
    pthread_create(&thread, NULL, produce, NULL);
    for (int i = 0, n = atomic_load(&end); i < n; i++) wrong |= atomic_load(&items[i]) != i + 1;
    pthread_join(thread, NULL);
    return wrong;
}
