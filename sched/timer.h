/* SPDX-License-Identifier: ISC */
/* Deadlines with a call-back: one heap per machine. In parallel mode a host thread sleeps until the nearest deadline; it is made by the
 * first timer that is set and ends with timer_service_free. A serial scheduler looks at the heap itself.
 * Invariant: fire runs there with no lock of this file held, never twice at the same time for one timer. */
#pragma once

#include "sched/sched.h"

#include <stddef.h>

struct timer_service;

struct sched_timer {
    struct timer_service *service;             /* immutable after init; borrowed for the timer's life */
    void (*fire)(struct sched_timer *timer);   /* may set the timer again; must not block for long, nor cancel it */
    /* guarded by the service's lock */
    int64_t deadline_ns;
    size_t index;                              /* place in the heap; SIZE_MAX when not set */
};

/* has_thread: false when timer_service_fire_due is called instead. */
struct timer_service *timer_service_new(bool has_thread);
/* Around a fork of our process: between them nothing fires. In the child, where the thread is not, it is made anew when it is needed. */
void timer_service_before_fork(struct timer_service *service);
void timer_service_after_fork(struct timer_service *service, bool is_child);
/* No timer may be set any more. */
void timer_service_free(struct timer_service *service);
/* Without a thread: fires what is due at now_ns; the nearest deadline, SCHED_NEVER when there is none. */
void timer_service_fire_due(struct timer_service *service, int64_t now_ns);
int64_t timer_service_next(const struct timer_service *service);

void sched_timer_init(struct sched_timer *timer, struct timer_service *service, void (*fire)(struct sched_timer *));
/* Sets or moves the deadline (absolute, scheduler_monotonic_ns()); SCHED_NEVER clears it. Returns 0, -ENOMEM,
 * -EAGAIN when there is no host thread to be had. */
int sched_timer_set(struct sched_timer *timer, int64_t deadline_ns);
/* Clears the timer and waits until fire is not running. The caller holds no lock that fire takes, and is not fire. */
void sched_timer_cancel(struct sched_timer *timer);
