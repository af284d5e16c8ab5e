/* SPDX-License-Identifier: ISC */
/* Producers and consumers over one wait queue, half of them asleep on host descriptors: every item is taken, so no
 * wake-up is lost (a lost one hangs the test). */
#include "sched/sched.h"
#include "tests/sched/expect.h"

enum { CONSUMERS = 6, PRODUCERS = 3, ITEMS = 20000 };

static struct wait_queue queue;
static _Atomic int available, taken;
static _Atomic bool finished;
static _Atomic uint32_t running;

static bool take_one(void) {
    int n = atomic_load(&available);
    while (n > 0) {
        if (atomic_compare_exchange_weak(&available, &n, n - 1)) return true;
    }
    return false;
}

static void consume(struct sched_thread *self, bool by_poll, bool exclusive) {
    const int event = host_event_new();
    struct host_pollfd fd = {event, 1, 0};
    struct waiter waiter;
    waiter_init(&waiter, self);
    waiter.exclusive = exclusive;
    wait_queue_add(&queue, &waiter);
    for (;;) {
        if (take_one()) {
            atomic_fetch_add(&taken, 1);
        } else if (atomic_load(&finished)) {
            break;
        } else {
            EXPECT((by_poll ? sched_block_poll(self, &fd, 1, SCHED_NEVER) : sched_block(self, SCHED_NEVER)) == 0);
        }
    }
    wait_queue_remove(&waiter);
    host_event_free(event);
}

static void leave(void) {
    atomic_fetch_sub(&running, 1);
    host_futex_wake(&running, 1);
}

static void consumer(void *arg) {
    struct sched_thread self;
    const long i = (long)(intptr_t)arg;
    sched_thread_init(&self, NULL);
    consume(&self, i % 2 == 0, i % 3 == 0);
    sched_thread_fini(&self);
    leave();
}

static void producer(void *arg) {
    for (int i = 0; i < ITEMS; i++) {
        atomic_fetch_add(&available, 1);
        wait_queue_wake(&queue);
    }
    leave();
}

static void wait_until_running(uint32_t n) {
    for (;;) {
        const uint32_t now = atomic_load(&running);
        if (now == n) return;
        host_futex_wait(&running, now, HOST_NEVER);
    }
}

int main(void) {
    wait_queue_init(&queue);
    atomic_store(&running, CONSUMERS + PRODUCERS);
    for (long i = 0; i < CONSUMERS; i++) EXPECT(host_thread_start(consumer, (void *)(intptr_t)i) == 0);
    for (int i = 0; i < PRODUCERS; i++) EXPECT(host_thread_start(producer, NULL) == 0);
    wait_until_running(CONSUMERS);
    atomic_store(&finished, true);
    wait_queue_wake_all(&queue);
    wait_until_running(0);
    EXPECT(atomic_load(&taken) == PRODUCERS * ITEMS && atomic_load(&available) == 0);
    wait_queue_fini(&queue);
    return 0;
}
