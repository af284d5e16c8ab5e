/* SPDX-License-Identifier: ISC */
/* Futexes: sleeping on words of guest memory. Every function is called by the owner thread with no lock held;
 * uaddr is a gva, 4-aligned (-EINVAL otherwise); deadlines are absolute, scheduler_monotonic_ns(), SCHED_NEVER = none.
 * All return -EFAULT for a word that cannot be reached. Source: futex(2), linux 6.1 kernel/futex for errors. */
#pragma once

#include "syscall/linux/abi/futex.h"
#include "syscall/linux/process/task.h"

struct futex_table;

struct futex_table *futex_table_new(void);
void futex_table_free(struct futex_table *table);

/* Sleeps until the word is woken, if it still holds expect. bitset: not 0.
 * Returns 0 woken; -EAGAIN word differs; -ETIMEDOUT; -EINTR interrupted. */
int futex_wait(struct task *task, uint64_t uaddr, bool shared, uint32_t expect, int64_t deadline_ns, uint32_t bitset);
/* Wakes up to n waiters whose bitset meets `bitset`. Returns how many. */
int futex_wake(struct task *task, uint64_t uaddr, bool shared, int n, uint32_t bitset);

/* Wakes n_wake, moves n_requeue to uaddr2. expect: NULL or the value that the word must hold (-EAGAIN).
 * Returns how many were woken, and with expect also how many were moved. */
int futex_requeue(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n_wake, int n_requeue,
                  const uint32_t *expect);
/* FUTEX_WAKE_OP: changes the word at uaddr2 as `encoded` says, wakes n, and n2 at uaddr2 if the old value passes. */
int futex_wake_op(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n, int n2, uint32_t encoded);

/* PI locks. Returns 0, -EDEADLK, -ESRCH, -EAGAIN (try only), -ETIMEDOUT, -EINTR. */
int futex_lock_pi(struct task *task, uint64_t uaddr, bool shared, int64_t deadline_ns, bool try_only);
int futex_unlock_pi(struct task *task, uint64_t uaddr, bool shared);
/* Sleeps on uaddr, to be moved to the PI lock uaddr2, which the caller owns on return 0. */
int futex_wait_requeue_pi(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, uint32_t expect,
                          int64_t deadline_ns, uint32_t bitset);
int futex_cmp_requeue_pi(struct task *task, uint64_t uaddr, uint64_t uaddr2, bool shared, int n_requeue, uint32_t expect);

struct futex_wait_entry {
    uint64_t uaddr;
    uint32_t expect;
    bool shared;
};
/* futex_waitv(2). Returns the index of a word that was woken, or as futex_wait. n: 1..FUTEX_WAITV_MAX. */
int futex_wait_many(struct task *task, const struct futex_wait_entry *entries, int n, int64_t deadline_ns);

/* A dying thread: gives its PI locks on, marks what is on its robust list. Also exec. */
void futex_exit(struct task *task);
