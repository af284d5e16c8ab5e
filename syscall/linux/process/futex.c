/* SPDX-License-Identifier: ISC */
/* Plain futexes: the table of buckets, waiting and waking. The word is compared and the waiter queued under the
 * bucket's lock, which the waker takes after the guest changed the word: so no wake is lost. */
#include "syscall/linux/process/futex_internal.h"

#include "base/error.h"

#include <stdlib.h>

struct futex_table *futex_table_new(void) {
    struct futex_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    for (int i = 0; i < FUTEX_BUCKETS; i++) {
        host_mutex_init(&table->bucket[i].lock);
        list_init(&table->bucket[i].waiters);
    }
    host_mutex_init(&table->pi_lock);
    return table;
}

void futex_table_free(struct futex_table *table) {
    if (!table) return;
    for (int i = 0; i < FUTEX_BUCKETS; i++) host_mutex_fini(&table->bucket[i].lock);
    host_mutex_fini(&table->pi_lock);
    free(table);
}

struct futex_bucket *futex_bucket_of(struct futex_table *table, const struct space_key *key) {
    uint64_t h = ((uintptr_t)key->object >> 4) ^ (key->offset >> 2);
    h *= 0x9e3779b97f4a7c15ull;
    return &table->bucket[(h >> 32) % FUTEX_BUCKETS];
}

int futex_key(struct task *task, uint64_t uaddr, bool shared, struct space_key *key) {
    if (uaddr & 3) return -EINVAL;
    return space_key(task_space(task), uaddr, shared, key);
}

void futex_waiter_init(struct futex_waiter *waiter, struct task *task, uint64_t uaddr, const struct space_key *key,
                       uint32_t bitset) {
    *waiter = (struct futex_waiter){.task = task, .uaddr = uaddr, .key = *key, .bitset = bitset};
    list_init(&waiter->node);
    atomic_init(&waiter->bucket, NULL);
}

void futex_enqueue_locked(struct futex_bucket *bucket, struct futex_waiter *waiter) {
    list_append(&bucket->waiters, &waiter->node);
    atomic_store_explicit(&waiter->bucket, bucket, memory_order_release);
}

void futex_wake_waiter_later_locked(struct futex_waiter *waiter, struct sched_wakes *wakes) {
    struct task *task = task_get(waiter->task);
    list_remove(&waiter->node);
    atomic_store_explicit(&waiter->bucket, NULL, memory_order_release); /* the waiter may be gone from here on */
    sched_wake_later(&task->sched, wakes);
    task_put(task);
}

void futex_wake_waiter_locked(struct futex_waiter *waiter) {
    struct sched_wakes wakes = {.n = 0};
    futex_wake_waiter_later_locked(waiter, &wakes);
    sched_wakes_send(&wakes);
}

bool futex_dequeue(struct futex_waiter *waiter) {
    for (;;) {
        struct futex_bucket *bucket = atomic_load_explicit(&waiter->bucket, memory_order_acquire);
        if (!bucket) return false;
        host_mutex_lock(&bucket->lock);
        const bool here = atomic_load_explicit(&waiter->bucket, memory_order_relaxed) == bucket;
        if (here) {
            list_remove(&waiter->node);
            atomic_store_explicit(&waiter->bucket, NULL, memory_order_relaxed);
        }
        host_mutex_unlock(&bucket->lock);
        if (here) return true;
    }
}

int futex_sleep(struct futex_waiter *waiter, int64_t deadline_ns) {
    while (atomic_load_explicit(&waiter->bucket, memory_order_acquire)) {
        const int r = task_block(waiter->task, deadline_ns);
        if (r < 0) return r;
    }
    return 0;
}

int futex_wait(struct task *task, uint64_t uaddr, bool shared, uint32_t expect, int64_t deadline_ns, uint32_t bitset) {
    struct futex_waiter waiter;
    struct space_key key;
    uint32_t value;
    if (!bitset) return -EINVAL;
    int r = futex_key(task, uaddr, shared, &key);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(task->kernel->futexes, &key);
    futex_waiter_init(&waiter, task, uaddr, &key, bitset);
    host_mutex_lock(&bucket->lock);
    r = space_load_u32(task_space(task), uaddr, &value);
    if (r == 0 && value != expect) r = -EAGAIN;
    if (r == 0) futex_enqueue_locked(bucket, &waiter);
    host_mutex_unlock(&bucket->lock);
    if (r < 0) return r;
    r = futex_sleep(&waiter, deadline_ns);
    return r < 0 && futex_dequeue(&waiter) ? r : 0;
}

static int wake_locked(struct futex_bucket *bucket, const struct space_key *key, int n, uint32_t bitset,
                       struct sched_wakes *wakes) {
    int woken = 0;
    LIST_FOR_EACH(node, &bucket->waiters) {
        struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
        if (!futex_same_key(&waiter->key, key) || !(waiter->bitset & bitset)) continue;
        if (waiter->pi || waiter->requeue_pi) return -EINVAL;
        futex_wake_waiter_later_locked(waiter, wakes);
        if (++woken >= n) break; /* n below 1 wakes one, as Linux does */
    }
    return woken;
}

int futex_wake(struct task *task, uint64_t uaddr, bool shared, int n, uint32_t bitset) {
    struct space_key key;
    struct sched_wakes wakes = {.n = 0};
    if (!bitset) return -EINVAL;
    int r = futex_key(task, uaddr, shared, &key);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(task->kernel->futexes, &key);
    host_mutex_lock(&bucket->lock);
    r = wake_locked(bucket, &key, n, bitset, &wakes);
    host_mutex_unlock(&bucket->lock);
    sched_wakes_send(&wakes);
    return r;
}

void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b) {
    host_mutex_lock(a < b ? &a->lock : &b->lock);
    if (a != b) host_mutex_lock(a < b ? &b->lock : &a->lock);
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b) {
    host_mutex_unlock(&a->lock);
    if (a != b) host_mutex_unlock(&b->lock);
}

static int atomic_op(uint32_t encoded, uint32_t old, uint32_t *new) {
    const unsigned op = (encoded >> 28) & 0xf;
    const int32_t oparg = (int32_t)(encoded << 8) >> 20;
    const uint32_t arg = op & FUTEX_OP_OPARG_SHIFT ? 1u << (oparg & 31) : (uint32_t)oparg;
    switch (op & ~(unsigned)FUTEX_OP_OPARG_SHIFT) {
    case FUTEX_OP_SET: *new = arg; return 0;
    case FUTEX_OP_ADD: *new = old + arg; return 0;
    case FUTEX_OP_OR: *new = old | arg; return 0;
    case FUTEX_OP_ANDN: *new = old & ~arg; return 0;
    case FUTEX_OP_XOR: *new = old ^ arg; return 0;
    default: return -ENOSYS;
    }
}

static int compare_op(uint32_t encoded, uint32_t old) {
    const int32_t arg = (int32_t)(encoded << 20) >> 20, value = (int32_t)old;
    switch ((encoded >> 24) & 0xf) {
    case FUTEX_OP_CMP_EQ: return value == arg;
    case FUTEX_OP_CMP_NE: return value != arg;
    case FUTEX_OP_CMP_LT: return value < arg;
    case FUTEX_OP_CMP_LE: return value <= arg;
    case FUTEX_OP_CMP_GT: return value > arg;
    case FUTEX_OP_CMP_GE: return value >= arg;
    default: return -ENOSYS;
    }
}

/* Changes the word atomically. Returns whether its old value passes the comparison, or -E. */
static int change_word(struct task *task, uint64_t uaddr, uint32_t encoded) {
    struct address_space *space = task_space(task);
    uint32_t old, new;
    bool swapped = false;
    int r = space_load_u32(space, uaddr, &old);
    while (r == 0 && !swapped) {
        r = atomic_op(encoded, old, &new);
        if (r == 0) r = space_cmpxchg_u32(space, uaddr, &old, new, &swapped);
    }
    return r < 0 ? r : compare_op(encoded, old);
}

int futex_wake_op(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n, int n2, uint32_t encoded) {
    struct space_key key, key2;
    struct sched_wakes wakes = {.n = 0};
    int r = futex_key(task, uaddr, shared, &key);
    if (r == 0) r = futex_key(task, uaddr2, shared, &key2);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(task->kernel->futexes, &key);
    struct futex_bucket *bucket2 = futex_bucket_of(task->kernel->futexes, &key2);
    futex_lock_two(bucket, bucket2);
    const int passes = r = change_word(task, uaddr2, encoded);
    if (r >= 0) r = wake_locked(bucket, &key, n, FUTEX_BITSET_MATCH_ANY, &wakes);
    if (r >= 0 && passes > 0) {
        const int more = wake_locked(bucket2, &key2, n2, FUTEX_BITSET_MATCH_ANY, &wakes);
        r = more < 0 ? more : r + more;
    }
    futex_unlock_two(bucket, bucket2);
    sched_wakes_send(&wakes);
    return r;
}
