/* SPDX-License-Identifier: ISC */
/* Condition variables over PI locks: a waiter sleeps on the condition's word and is moved to the lock, so that it
 * owns the lock when it returns. */
#include "syscall/linux/process/futex_internal.h"

#include "base/error.h"

static int enqueue(struct task *task, struct futex_waiter *waiter, uint64_t uaddr, uint32_t expect) {
    struct futex_bucket *bucket = futex_bucket_of(task->kernel->futexes, &waiter->key);
    uint32_t value;
    host_mutex_lock(&bucket->lock);
    int r = space_load_u32(task_space(task), uaddr, &value);
    if (r == 0 && value != expect) r = -EAGAIN;
    if (r == 0) futex_enqueue_locked(bucket, waiter);
    host_mutex_unlock(&bucket->lock);
    return r;
}

int futex_wait_requeue_pi(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, uint32_t expect,
                          int64_t deadline_ns, uint32_t bitset) {
    struct futex_waiter waiter;
    struct space_key key, key2;
    if (uaddr == uaddr2 || !bitset) return -EINVAL;
    int r = futex_key(task, uaddr, shared, &key);
    if (r == 0) r = futex_key(task, uaddr2, shared, &key2);
    if (r < 0) return r;
    futex_waiter_init(&waiter, task, uaddr, &key, bitset);
    waiter.requeue_pi = &key2;
    r = enqueue(task, &waiter, uaddr, expect);
    if (r == 0) r = futex_sleep_pi(&waiter, deadline_ns);
    if (r != -EINTR) return r;
    /* Once it waits for the lock the call cannot be made again: the caller takes it for a spurious wake-up. */
    return waiter.uaddr == uaddr2 ? -EAGAIN : -ERESTARTNOINTR;
}

struct requeue {
    struct task *task;
    struct futex_bucket *from, *to;
    struct space_key key, key2;
    uint64_t uaddr2;
};

/* Gives the lock to the waiter or queues it there. Returns 1 given, 0 queued, or -E. */
static int move_locked(struct requeue *call, struct futex_waiter *waiter) {
    const int r = futex_take_pi_locked(call->task, waiter, call->to, &call->key2, call->uaddr2, false);
    if (r < 0) return r;
    waiter->key = call->key2;
    waiter->uaddr = call->uaddr2;
    if (r > 0) {
        futex_wake_waiter_locked(waiter);
    } else {
        list_remove(&waiter->node);
        futex_enqueue_pi_locked(call->to, waiter);
    }
    return r;
}

static int requeue_locked(struct requeue *call, int limit) {
    int done = 0;
    struct list *last = call->from->waiters.prev;
    bool more = !list_empty(&call->from->waiters);
    for (struct list *node = call->from->waiters.next, *next; more && done < limit; node = next) {
        struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
        next = node->next;
        more = node != last;
        if (!futex_same_key(&waiter->key, &call->key)) continue;
        if (!waiter->requeue_pi || !futex_same_key(waiter->requeue_pi, &call->key2)) return -EINVAL;
        const int r = move_locked(call, waiter);
        if (r < 0) return done ? done : r;
        done++;
    }
    return done;
}

int futex_cmp_requeue_pi(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n_requeue,
                         uint32_t expect) {
    struct futex_table *table = task->kernel->futexes;
    struct requeue call = {.task = task, .uaddr2 = uaddr2};
    uint32_t value, lock;
    if (uaddr == uaddr2 || n_requeue < 0) return -EINVAL;
    int r = futex_key(task, uaddr, shared, &call.key);
    if (r == 0) r = futex_key(task, uaddr2, shared, &call.key2);
    if (r < 0) return r;
    call.from = futex_bucket_of(table, &call.key);
    call.to = futex_bucket_of(table, &call.key2);
    const int limit = n_requeue == INT32_MAX ? n_requeue : n_requeue + 1;
    host_mutex_lock(&table->pi_lock);
    futex_lock_two(call.from, call.to);
    r = space_load_u32(task_space(task), uaddr, &value);
    if (r == 0 && value != expect) r = -EAGAIN;
    if (r == 0) r = space_load_u32(task_space(task), uaddr2, &lock);
    if (r == 0) r = requeue_locked(&call, limit);
    futex_unlock_two(call.from, call.to);
    host_mutex_unlock(&table->pi_lock);
    return r;
}
