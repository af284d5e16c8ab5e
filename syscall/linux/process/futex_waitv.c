/* SPDX-License-Identifier: ISC */
/* futex_waitv: one thread queued on several words; the first one woken ends the wait. */
#include "syscall/linux/process/futex_internal.h"

#include "base/error.h"

#include <stdlib.h>

/* Queues the waiter if the word still holds its value. */
static int enqueue(struct task *task, const struct futex_wait_entry *entry, struct futex_waiter *waiter) {
    struct space_key key;
    uint32_t value;
    int r = futex_key(task, entry->uaddr, entry->shared, &key);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(task->kernel->futexes, &key);
    futex_waiter_init(waiter, task, entry->uaddr, &key, FUTEX_BITSET_MATCH_ANY);
    host_mutex_lock(&bucket->lock);
    r = space_load_u32(task_space(task), entry->uaddr, &value);
    if (r == 0 && value != entry->expect) r = -EAGAIN;
    if (r == 0) futex_enqueue_locked(bucket, waiter);
    host_mutex_unlock(&bucket->lock);
    return r;
}

/* Takes the first n waiters out. Returns the index of the last one that was woken already, or -1. */
static int dequeue_all(struct futex_waiter *waiters, int n) {
    int woken = -1;
    for (int i = 0; i < n; i++) {
        if (!futex_dequeue(&waiters[i])) woken = i;
    }
    return woken;
}

static bool any_woken(struct futex_waiter *waiters, int n) {
    for (int i = 0; i < n; i++) {
        if (!atomic_load_explicit(&waiters[i].bucket, memory_order_acquire)) return true;
    }
    return false;
}

int futex_wait_many(struct task *task, const struct futex_wait_entry *entries, int n, int64_t deadline_ns) {
    struct futex_waiter *waiters = calloc((size_t)n, sizeof *waiters);
    int queued = 0, r = 0;
    if (!waiters) return -ENOMEM;
    while (r == 0 && queued < n) {
        r = enqueue(task, &entries[queued], &waiters[queued]);
        if (r == 0) queued++;
    }
    while (r == 0 && !any_woken(waiters, n)) r = task_block(task, deadline_ns);
    const int woken = dequeue_all(waiters, queued);
    free(waiters);
    return woken >= 0 ? woken : r;
}
