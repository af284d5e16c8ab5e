/* SPDX-License-Identifier: ISC */
/* A small threaded program to run on Lockstep: workers take numbers from a bounded queue (mutex and two condition
 * variables), count the primes among them, and say what they found. Prints the same result however the threads are
 * scheduled.
 *
 *     musl-gcc -static -O2 -o threads examples/threads.c
 *     lockstep run ./threads
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 4, NUMBERS = 2000, QUEUE_SIZE = 16 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full;
    int items[QUEUE_SIZE];  /* guarded by lock, as all below */
    int first, count;
    bool closed;
};

struct worker {
    pthread_t thread;
    struct queue *queue;
    int taken, primes;      /* the worker's own until it is joined */
    long long sum;
};

static void queue_put(struct queue *queue, int item) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == QUEUE_SIZE) pthread_cond_wait(&queue->not_full, &queue->lock);
    queue->items[(queue->first + queue->count++) % QUEUE_SIZE] = item;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

static void queue_close(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

/* Returns false when the queue is closed and empty. */
static bool queue_take(struct queue *queue, int *item) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed) pthread_cond_wait(&queue->not_empty, &queue->lock);
    const bool any = queue->count > 0;
    if (any) {
        *item = queue->items[queue->first];
        queue->first = (queue->first + 1) % QUEUE_SIZE;
        queue->count--;
        pthread_cond_signal(&queue->not_full);
    }
    pthread_mutex_unlock(&queue->lock);
    return any;
}

static bool is_prime(int n) {
    for (int d = 2; d * d <= n; d++) {
        if (n % d == 0) return false;
    }
    return n >= 2;
}

static void *work(void *arg) {
    struct worker *worker = arg;
    int n;
    while (queue_take(worker->queue, &n)) {
        worker->taken++;
        if (!is_prime(n)) continue;
        worker->primes++;
        worker->sum += n;
    }
    return NULL;
}

int main(void) {
    struct queue queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0, false};
    struct worker workers[WORKERS] = {0};
    int taken = 0, primes = 0;
    long long sum = 0;
    for (int i = 0; i < WORKERS; i++) {
        workers[i].queue = &queue;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            perror("pthread_create");
            return 1;
        }
    }
    for (int n = 1; n <= NUMBERS; n++) queue_put(&queue, n);
    queue_close(&queue);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        taken += workers[i].taken;
        primes += workers[i].primes;
        sum += workers[i].sum;
    }
    printf("%d workers took %d numbers: %d primes, their sum is %lld\n", WORKERS, taken, primes, sum);
    return taken == NUMBERS && primes == 303 && sum == 277050 ? 0 : 1;
}
