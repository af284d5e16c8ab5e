/* SPDX-License-Identifier: ISC */
/* Wait queues: who is to be woken when something changes. A waker runs with the queue's lock held, so that a waiter
 * that has been removed is not touched any more. */
#include "sched/sched.h"

void wait_queue_init(struct wait_queue *queue) {
    host_mutex_init(&queue->lock);
    list_init(&queue->waiters);
}

void wait_queue_fini(struct wait_queue *queue) {
    host_mutex_fini(&queue->lock);
}

void waiter_init(struct waiter *waiter, struct sched_thread *thread) {
    list_init(&waiter->node);
    waiter->queue = NULL;
    waiter->thread = thread;
    waiter->exclusive = false;
    waiter->notify = NULL;
}

void wait_queue_add(struct wait_queue *queue, struct waiter *waiter) {
    waiter->queue = queue;
    host_mutex_lock(&queue->lock);
    list_append(&queue->waiters, &waiter->node);
    host_mutex_unlock(&queue->lock);
}

void wait_queue_remove(struct waiter *waiter) {
    struct wait_queue *queue = waiter->queue;
    if (!queue) return;
    host_mutex_lock(&queue->lock);
    list_remove(&waiter->node);
    host_mutex_unlock(&queue->lock);
    waiter->queue = NULL;
}

static void wake_waiter(struct waiter *waiter, struct sched_wakes *wakes) {
    if (waiter->notify) {
        waiter->notify(waiter);
    } else {
        sched_wake_later(waiter->thread, wakes);
    }
}

/* An exclusive waiter that was woken goes to the end, so that the next wake reaches another one. */
static void wake(struct wait_queue *queue, bool all) {
    struct sched_wakes wakes = {.n = 0};
    bool woke_exclusive = false;
    host_mutex_lock(&queue->lock);
    struct list *const last = queue->waiters.prev;
    bool more = !list_empty(&queue->waiters);
    for (struct list *node = queue->waiters.next; more;) {
        struct list *next = node->next;
        struct waiter *waiter = CONTAINER_OF(node, struct waiter, node);
        more = node != last;
        if (all || !waiter->exclusive) {
            wake_waiter(waiter, &wakes);
        } else if (!woke_exclusive) {
            woke_exclusive = true;
            list_remove(node);
            list_append(&queue->waiters, node);
            wake_waiter(waiter, &wakes);
        }
        node = next;
    }
    host_mutex_unlock(&queue->lock);
    sched_wakes_send(&wakes);
}

void wait_queue_wake(struct wait_queue *queue) {
    wake(queue, false);
}

void wait_queue_wake_all(struct wait_queue *queue) {
    wake(queue, true);
}
