/* SPDX-License-Identifier: ISC */
/* Moving waiters from one word to another without waking them. */
#include "syscall/linux/process/futex_internal.h"

#include "base/error.h"

struct requeue {
    struct futex_bucket *from, *to;
    struct space_key key, key2;
    uint64_t uaddr2;
};

static void move_locked(struct requeue *call, struct futex_waiter *waiter) {
    list_remove(&waiter->node);
    waiter->key = call->key2;
    waiter->uaddr = call->uaddr2;
    futex_enqueue_locked(call->to, waiter);
}

static int requeue_locked(struct requeue *call, int n_wake, int n_requeue, int *moved) {
    int woken = 0;
    struct list *last = call->from->waiters.prev;
    bool more = !list_empty(&call->from->waiters);
    *moved = 0;
    for (struct list *node = call->from->waiters.next, *next; more && woken + *moved < n_wake + n_requeue; node = next) {
        struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
        next = node->next;
        more = node != last;
        if (!futex_same_key(&waiter->key, &call->key)) continue;
        if (waiter->pi || waiter->requeue_pi) return -EINVAL;
        if (woken < n_wake) {
            futex_wake_waiter_locked(waiter);
            woken++;
        } else {
            move_locked(call, waiter);
            ++*moved;
        }
    }
    return woken;
}

static int check_value(struct task *task, uint64_t uaddr, const uint32_t *expect) {
    uint32_t value;
    if (!expect) return 0;
    const int r = space_load_u32(task_space(task), uaddr, &value);
    if (r < 0) return r;
    return value == *expect ? 0 : -EAGAIN;
}

int futex_requeue(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n_wake, int n_requeue,
                  const uint32_t *expect) {
    struct requeue call = {.uaddr2 = uaddr2};
    int moved = 0;
    if (n_wake < 0 || n_requeue < 0) return -EINVAL;
    if (n_wake > INT32_MAX - n_requeue) n_requeue = INT32_MAX - n_wake;
    int r = futex_key(task, uaddr, shared, &call.key);
    if (r == 0) r = futex_key(task, uaddr2, shared, &call.key2);
    if (r < 0) return r;
    call.from = futex_bucket_of(task->kernel->futexes, &call.key);
    call.to = futex_bucket_of(task->kernel->futexes, &call.key2);
    futex_lock_two(call.from, call.to);
    r = check_value(task, uaddr, expect);
    if (r == 0) r = requeue_locked(&call, n_wake, n_requeue, &moved);
    futex_unlock_two(call.from, call.to);
    return r >= 0 && expect ? r + moved : r;
}
