/* SPDX-License-Identifier: ISC */
/* Who runs and who sleeps, on a machine's scheduler (scheduler.h). Knows no Linux.
 * sched_block is the only door to sleep. The lost wake-up is impossible: a wake is a token that stays until
 * the thread consumes it, so "enqueue, test the condition, block" may be done in that order without a lock.
 *
 *     waiter_init(&w, self); wait_queue_add(&q, &w);
 *     for (;;) { if (condition()) break; if ((r = sched_block(self, deadline))) break; }
 *     wait_queue_remove(&w);
 */
#pragma once

#include "base/list.h"
#include "host/poll.h"
#include "host/thread.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHED_NEVER HOST_NEVER

enum sched_token {
    SCHED_NO_TOKEN, /* running, not woken since the last block */
    SCHED_WOKEN,    /* a wake that the next block will consume */
    SCHED_ASLEEP,   /* asleep, or about to be: the waker must wake the host thread */
};

struct scheduler;
struct serial_thread; /* private to sched/ */

/* One thread of the machine that can run guest code and sleep. Embedded in the kernel's task. */
struct sched_thread {
    struct scheduler *scheduler;  /* immutable; borrowed */
    struct serial_thread *serial; /* what a serial scheduler keeps; NULL for a thread that it does not run */
    _Atomic uint32_t token;       /* atomic: enum sched_token; the futex word slept on */
    _Atomic uint32_t interrupted; /* atomic: set by sched_interrupt, cleared by sched_interrupt_clear */
    _Atomic int poll_fd;          /* atomic: host event descriptor while inside sched_block_poll, else -1 */
    int event_fd;                 /* owner thread only; created at the first sched_block_poll, -1 before */
    /* Owner thread only; NULL: nobody asks. Called once, before the next sleep, with no lock held. */
    void (*about_to_sleep)(struct sched_thread *self);
};

/* scheduler NULL: a parallel one. */
void sched_thread_init(struct sched_thread *thread, struct scheduler *scheduler);
void sched_thread_fini(struct sched_thread *thread);

/* Sleeps until woken. deadline_ns: absolute, scheduler_monotonic_ns(); SCHED_NEVER = no limit.
 * Returns 0 woken (test the condition again); -ETIMEDOUT; -EINTR when interrupted is set (it stays set).
 * Locks: the caller holds none. */
int sched_block(struct sched_thread *self, int64_t deadline_ns);
/* The same, and host descriptors becoming ready also wake. n_fds may be 0. revents are filled.
 * Returns as sched_block, or -E of the host's poll. */
int sched_block_poll(struct sched_thread *self, struct host_pollfd *fds, int n_fds, int64_t deadline_ns);
/* The same, but an interruption does not wake (uninterruptible, as vfork's parent waits). */
int sched_block_uninterruptible(struct sched_thread *self, int64_t deadline_ns);

/* Calls about_to_sleep once, if somebody asked. For sched/ only. */
void sched_tell_sleep(struct sched_thread *self);

/* The machine's monotonic clock, on which deadlines are, and ns from now on, without overflow. self NULL: the host's. */
int64_t sched_now_ns(const struct sched_thread *self);
int64_t sched_deadline_after(const struct sched_thread *self, int64_t ns);

/* Wakes a thread: from any thread, with any locks held. The caller makes sure that the thread's structure lives. */
void sched_wake(struct sched_thread *thread);
/* The same in two steps, so that the woken thread does not run into a lock that the waker still holds: sched_wake_later under the
 * locks, sched_wakes_send after them. The thread may be gone by then: a wake of a word that nobody sleeps on does nothing. */
enum { SCHED_WAKES = 8 };
struct sched_wakes {
    _Atomic uint32_t *word[SCHED_WAKES]; /* may dangle: only their addresses are used */
    unsigned n;
};
void sched_wake_later(struct sched_thread *thread, struct sched_wakes *wakes);
void sched_wakes_send(struct sched_wakes *wakes);
/* Makes the current or the next sched_block return -EINTR. */
void sched_interrupt(struct sched_thread *thread);
void sched_interrupt_clear(struct sched_thread *thread);
/* The same by the thread itself: no token is left, which would keep a loop around sched_block from ever sleeping. */
void sched_interrupt_self(struct sched_thread *self);

struct wait_queue {
    struct host_mutex lock;
    struct list waiters; /* guarded by lock; struct waiter.node */
};

struct waiter {
    struct list node;             /* guarded by queue->lock */
    struct wait_queue *queue;     /* owner thread only; NULL = not enqueued */
    struct sched_thread *thread;  /* borrowed until wait_queue_remove */
    bool exclusive;               /* wake_one wakes only one of these */
    /* Called instead of sched_wake if not NULL, with queue->lock held; must not block. (epoll) */
    void (*notify)(struct waiter *waiter);
};

void wait_queue_init(struct wait_queue *queue);
void wait_queue_fini(struct wait_queue *queue);
void waiter_init(struct waiter *waiter, struct sched_thread *thread);
void wait_queue_add(struct wait_queue *queue, struct waiter *waiter);
/* Idempotent. After it returns no notify of this waiter is running. */
void wait_queue_remove(struct waiter *waiter);
/* Wakes all waiters that are not exclusive and one that is. */
void wait_queue_wake(struct wait_queue *queue);
void wait_queue_wake_all(struct wait_queue *queue);
