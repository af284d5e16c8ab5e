/* SPDX-License-Identifier: ISC */
/* wait_queue_wake wakes every plain waiter and one exclusive one, in turn; wake_all wakes all; notify replaces waking. */
#include "sched/sched.h"
#include "tests/sched/expect.h"

enum { N = 4 };

static int notified;

static void count(struct waiter *waiter) {
    notified++;
}

static int woken(struct sched_thread *threads) {
    int n = 0;
    for (int i = 0; i < N; i++) {
        if (sched_block(&threads[i], 0) == 0) n |= 1 << i;
    }
    return n;
}

int main(void) {
    struct wait_queue queue;
    struct sched_thread threads[N];
    struct waiter waiters[N], other;
    wait_queue_init(&queue);
    for (int i = 0; i < N; i++) {
        sched_thread_init(&threads[i], NULL);
        waiter_init(&waiters[i], &threads[i]);
        waiters[i].exclusive = i > 0;
        wait_queue_add(&queue, &waiters[i]);
    }
    waiter_init(&other, &threads[0]);
    other.notify = count;
    wait_queue_add(&queue, &other);
    wait_queue_wake(&queue);
    EXPECT(woken(threads) == 3 && notified == 1);
    wait_queue_wake(&queue);
    EXPECT(woken(threads) == 5 && notified == 2);
    wait_queue_wake_all(&queue);
    EXPECT(woken(threads) == 15 && notified == 3);
    wait_queue_remove(&other);
    wait_queue_remove(&other);
    for (int i = 0; i < N; i++) wait_queue_remove(&waiters[i]);
    wait_queue_wake_all(&queue);
    EXPECT(woken(threads) == 0 && notified == 3);
    wait_queue_fini(&queue);
    for (int i = 0; i < N; i++) sched_thread_fini(&threads[i]);
    return 0;
}
