/* SPDX-License-Identifier: ISC */
/* PI locks: the word holds the owner's tid; the kernel hands the lock to the longest waiter. There are no guest
 * priorities to inherit, so what remains is ownership, hand-over, dead owners and deadlock detection. */
#include "syscall/linux/process/futex_internal.h"

#include "base/error.h"

enum { CHAIN_MAX = 1024 };

struct futex_waiter *futex_first_pi_locked(struct futex_bucket *bucket, const struct space_key *key, bool *more) {
    struct futex_waiter *first = NULL;
    *more = false;
    LIST_FOR_EACH(node, &bucket->waiters) {
        struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
        if (!waiter->pi || !futex_same_key(&waiter->key, key)) continue;
        if (first) {
            *more = true;
            break;
        }
        first = waiter;
    }
    return first;
}

/* Would waiting for the owner mean waiting for ourselves? Follows who waits for whom; pi_lock holds all still. */
static int check_owner_locked(struct task *waiter, uint32_t owner_tid) {
    for (int i = 0; i < CHAIN_MAX; i++) {
        if (owner_tid == (uint32_t)task_tid(waiter)) return -EDEADLK;
        struct task *owner = task_find(waiter->kernel, (int)owner_tid);
        if (!owner) return i == 0 ? -ESRCH : 0;
        const struct futex_waiter *blocked = owner->pi_blocked;
        if (blocked) owner_tid = blocked->owner;
        task_put(owner);
        if (!blocked) return 0;
    }
    return -EDEADLK;
}

int futex_take_pi_locked(struct task *task, struct futex_waiter *waiter, struct futex_bucket *bucket,
                         const struct space_key *key, uint64_t uaddr, bool try_only) {
    const uint32_t tid = (uint32_t)task_tid(waiter->task);
    struct address_space *space = task_space(task);
    uint32_t word;
    bool more, swapped = false;
    const uint32_t waiters = futex_first_pi_locked(bucket, key, &more) ? FUTEX_WAITERS : 0;
    int r = space_load_u32(space, uaddr, &word);
    while (r == 0) {
        const uint32_t owner = word & FUTEX_TID_MASK;
        if (owner == tid) return -EDEADLK;
        if (owner) r = check_owner_locked(waiter->task, owner);
        if (owner && try_only) return r == -ESRCH ? r : -EAGAIN;
        if (r < 0) return r;
        waiter->owner = owner;
        if (owner && (word & FUTEX_WAITERS)) return 0;
        const uint32_t new = owner ? word | FUTEX_WAITERS : tid | waiters | (word & FUTEX_OWNER_DIED);
        r = space_cmpxchg_u32(space, uaddr, &word, new, &swapped);
        if (r == 0 && swapped) return owner == 0;
    }
    return r;
}

void futex_enqueue_pi_locked(struct futex_bucket *bucket, struct futex_waiter *waiter) {
    waiter->pi = true;
    waiter->requeue_pi = NULL;
    waiter->task->pi_blocked = waiter;
    atomic_fetch_add(&waiter->task->kernel->futexes->n_pi_waiters, 1);
    futex_enqueue_locked(bucket, waiter);
}

/* Takes a PI waiter out. False when the lock has been handed to it. */
static bool leave_pi(struct futex_waiter *waiter) {
    struct futex_table *table = waiter->task->kernel->futexes;
    host_mutex_lock(&table->pi_lock);
    const bool queued = futex_dequeue(waiter);
    if (queued && waiter->pi) {
        waiter->task->pi_blocked = NULL;
        atomic_fetch_sub(&table->n_pi_waiters, 1);
    }
    host_mutex_unlock(&table->pi_lock);
    return queued;
}

int futex_sleep_pi(struct futex_waiter *waiter, int64_t deadline_ns) {
    const int r = futex_sleep(waiter, deadline_ns);
    return r < 0 && leave_pi(waiter) ? r : 0;
}

int futex_lock_pi(struct task *task, uint64_t uaddr, bool shared, int64_t deadline_ns, bool try_only) {
    struct futex_table *table = task->kernel->futexes;
    struct futex_waiter waiter;
    struct space_key key;
    int r = futex_key(task, uaddr, shared, &key);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(table, &key);
    futex_waiter_init(&waiter, task, uaddr, &key, FUTEX_BITSET_MATCH_ANY);
    host_mutex_lock(&table->pi_lock);
    host_mutex_lock(&bucket->lock);
    r = futex_take_pi_locked(task, &waiter, bucket, &key, uaddr, try_only);
    if (r == 0) futex_enqueue_pi_locked(bucket, &waiter);
    host_mutex_unlock(&bucket->lock);
    host_mutex_unlock(&table->pi_lock);
    if (r != 0) return r > 0 ? 0 : r;
    return futex_sleep_pi(&waiter, deadline_ns);
}

static void set_owner_locked(struct futex_bucket *bucket, const struct space_key *key, uint32_t tid) {
    LIST_FOR_EACH(node, &bucket->waiters) {
        struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
        if (waiter->pi && futex_same_key(&waiter->key, key)) waiter->owner = tid;
    }
}

/* Gives the lock to its first waiter. Returns 1 given, 0 nobody waits, or -E. */
static int hand_over_locked(struct address_space *space, uint64_t uaddr, struct futex_bucket *bucket,
                            const struct space_key *key, uint32_t died) {
    bool more;
    struct futex_waiter *next = futex_first_pi_locked(bucket, key, &more);
    if (!next) return 0;
    const uint32_t word = (uint32_t)task_tid(next->task) | (more ? FUTEX_WAITERS : 0) | died;
    const int r = space_store_u32(space, uaddr, word);
    if (r < 0) return r;
    set_owner_locked(bucket, key, (uint32_t)task_tid(next->task));
    next->task->pi_blocked = NULL;
    atomic_fetch_sub(&next->task->kernel->futexes->n_pi_waiters, 1);
    futex_wake_waiter_locked(next);
    return 1;
}

static int unlock_locked(struct task *task, uint64_t uaddr, struct futex_bucket *bucket, const struct space_key *key) {
    struct address_space *space = task_space(task);
    uint32_t word;
    bool swapped = false;
    int r = space_load_u32(space, uaddr, &word);
    if (r < 0) return r;
    if ((word & FUTEX_TID_MASK) != (uint32_t)task_tid(task)) return -EPERM;
    r = hand_over_locked(space, uaddr, bucket, key, 0);
    while (r == 0 && !swapped) r = space_cmpxchg_u32(space, uaddr, &word, 0, &swapped);
    return r < 0 ? r : 0;
}

int futex_unlock_pi(struct task *task, uint64_t uaddr, bool shared) {
    struct futex_table *table = task->kernel->futexes;
    struct space_key key;
    uint32_t word;
    int r = copy_from_guest(task, &word, uaddr, sizeof word);
    if (r == 0 && (word & FUTEX_TID_MASK) != (uint32_t)task_tid(task)) r = -EPERM;
    if (r == 0) r = futex_key(task, uaddr, shared, &key);
    if (r < 0) return r;
    struct futex_bucket *bucket = futex_bucket_of(table, &key);
    host_mutex_lock(&table->pi_lock);
    host_mutex_lock(&bucket->lock);
    r = unlock_locked(task, uaddr, bucket, &key);
    host_mutex_unlock(&bucket->lock);
    host_mutex_unlock(&table->pi_lock);
    return r;
}

/* The waiters' own spaces map the word too: used because the dying task may have unmapped it. */
static void exit_bucket_locked(struct futex_bucket *bucket, uint32_t tid) {
    bool again = true;
    while (again) {
        again = false;
        LIST_FOR_EACH(node, &bucket->waiters) {
            struct futex_waiter *waiter = CONTAINER_OF(node, struct futex_waiter, node);
            struct address_space *space = task_space(waiter->task);
            if (!waiter->pi || waiter->owner != tid) continue;
            const struct space_key key = waiter->key; /* the waiter may be gone afterwards */
            again = hand_over_locked(space, waiter->uaddr, bucket, &key, FUTEX_OWNER_DIED) > 0;
            if (again) break;
        }
    }
}

void futex_exit_pi(struct task *task) {
    struct futex_table *table = task->kernel->futexes;
    if (atomic_load(&table->n_pi_waiters) == 0) return;
    host_mutex_lock(&table->pi_lock);
    for (int i = 0; i < FUTEX_BUCKETS; i++) {
        host_mutex_lock(&table->bucket[i].lock);
        exit_bucket_locked(&table->bucket[i], (uint32_t)task_tid(task));
        host_mutex_unlock(&table->bucket[i].lock);
    }
    host_mutex_unlock(&table->pi_lock);
}
