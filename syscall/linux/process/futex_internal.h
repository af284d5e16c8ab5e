/* SPDX-License-Identifier: ISC */
/* What the futex_*.c files share. Lock order: pi_lock, then buckets by address, then tasks_lock and a space's lock.
 * Invariant: a waiter's bucket is NULL exactly when it has been woken; only the holder of that bucket's lock changes
 * it. A waiter that finds NULL leaves without a lock, so a waker holds a count on the task it wakes. */
#pragma once

#include "mmu/space.h"
#include "syscall/linux/process/futex.h"

enum { FUTEX_BUCKETS = 256 };

struct futex_bucket {
    struct host_mutex lock;
    struct list waiters; /* guarded by lock; oldest first */
};

struct futex_table {
    struct futex_bucket bucket[FUTEX_BUCKETS];
    struct host_mutex pi_lock;   /* all PI operations, and task->pi_blocked */
    _Atomic int n_pi_waiters;    /* atomic: lets exit skip the search for PI waiters */
};

struct futex_waiter {
    struct task *task;                     /* immutable; borrowed: the sleeper's own */
    _Atomic(struct futex_bucket *) bucket; /* see above */
    /* guarded by the bucket's lock */
    struct list node;
    struct space_key key;
    uint32_t bitset;
    uint64_t uaddr;                        /* address of the word for the sleeper's space; for PI hand-over */
    bool pi;                               /* waits for a PI lock: handed over, not woken */
    uint32_t owner;                        /* PI: tid of who holds the lock, as the kernel knows it: the word may have
                                              been changed by its dying owner. Guarded by pi_lock */
    const struct space_key *requeue_pi;    /* FUTEX_WAIT_REQUEUE_PI: only to be moved there */
};

struct futex_bucket *futex_bucket_of(struct futex_table *table, const struct space_key *key);
static inline bool futex_same_key(const struct space_key *a, const struct space_key *b) {
    return a->object == b->object && a->offset == b->offset;
}
/* Checks the alignment and finds the key. Returns 0, -EINVAL, -EFAULT. */
int futex_key(struct task *task, uint64_t uaddr, bool shared, struct space_key *key);

void futex_waiter_init(struct futex_waiter *waiter, struct task *task, uint64_t uaddr, const struct space_key *key,
                       uint32_t bitset);
/* With the bucket's lock held. */
void futex_enqueue_locked(struct futex_bucket *bucket, struct futex_waiter *waiter);
void futex_wake_waiter_locked(struct futex_waiter *waiter);
/* The same; the caller sends the wakes after it has unlocked the bucket. */
void futex_wake_waiter_later_locked(struct futex_waiter *waiter, struct sched_wakes *wakes);
/* Takes a waiter out, wherever it was moved to. False when it has been woken. Caller holds no bucket lock. */
bool futex_dequeue(struct futex_waiter *waiter);
/* Sleeps until woken. Returns 0, -ETIMEDOUT or -EINTR; then the waiter may still be queued. */
int futex_sleep(struct futex_waiter *waiter, int64_t deadline_ns);

/* Lock two buckets in address order; they may be the same. */
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);

/* PI, with pi_lock and the bucket of key held. */
struct futex_waiter *futex_first_pi_locked(struct futex_bucket *bucket, const struct space_key *key, bool *more);
/* Tries to take the lock for waiter->task, else marks the word as waited for and sets waiter->owner. The word is
 * reached through task's space. Returns 1 taken, 0 must wait, or -E. */
int futex_take_pi_locked(struct task *task, struct futex_waiter *waiter, struct futex_bucket *bucket,
                         const struct space_key *key, uint64_t uaddr, bool try_only);
/* Queues a waiter for the PI lock. */
void futex_enqueue_pi_locked(struct futex_bucket *bucket, struct futex_waiter *waiter);
/* Sleeps until the lock is handed over; takes the waiter out otherwise. Takes pi_lock. */
int futex_sleep_pi(struct futex_waiter *waiter, int64_t deadline_ns);
/* Gives locks that `task` holds to their first waiters. Takes pi_lock. */
void futex_exit_pi(struct task *task);
