/* SPDX-License-Identifier: ISC */
/* A stack without locks: between the read of the top and its exchange others pop two and push the first again; the exchange
 * succeeds and brings the second back. Right: a counter beside the top. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

static int next_of[4];        /* 1, 2, 3 are nodes; 0 is none */
static _Atomic int owners[4];
static _Atomic uint64_t top;  /* node, and the counter above it */
static _Atomic int wrong;

static uint64_t replace(uint64_t old, int node) {
#ifdef CORRECT
    return ((old >> 32) + 1) << 32 | (uint64_t)node;
#else
    return (uint64_t)node;
#endif
}

static int pop(void) {
    for (;;) {
        uint64_t old = atomic_load(&top);
        const int node = (int)(uint32_t)old;
        if (!node) return 0;
        if (!atomic_compare_exchange_strong(&top, &old, replace(old, ((volatile int *)next_of)[node]))) continue;
        if (atomic_fetch_add(&owners[node], 1)) atomic_store(&wrong, 1);
        return node;
    }
}

static void push(int node) {
    atomic_fetch_sub(&owners[node], 1);
    for (;;) {
        uint64_t old = atomic_load(&top);
        ((volatile int *)next_of)[node] = (int)(uint32_t)old;
        if (atomic_compare_exchange_strong(&top, &old, replace(old, node))) return;
    }
}

static void *pop_two(void *arg) {
    pop();
    pop();
    return NULL;
}

static void *pop_and_push(void *arg) {
    const int first = pop();
    pop();
    if (first) push(first);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    next_of[3] = 2;
    next_of[2] = 1;
    top = 3;
    pthread_create(&threads[0], NULL, pop_two, NULL);
    pthread_create(&threads[1], NULL, pop_and_push, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&wrong);
}
