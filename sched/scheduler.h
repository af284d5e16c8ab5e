/* SPDX-License-Identifier: ISC */
/* Whose turn it is and what time it is; one per machine. Parallel: every guest thread runs on a host thread (of a pool: one that
 * ended leaves it to the next) and time is the host's.
 * Serial: all are fibers of one host thread, the carrier; one runs at a time, time is the instructions that they retired and the sleep
 * that nobody had to wait for, and a strategy makes every choice. Then the same choices give the same run.
 * Invariant (serial): only the carrier touches threads, queues and timers; others use scheduler_post. */
#pragma once

#include "sched/sched.h"

struct strategy;
struct strategy_event;
struct timer_service;

/* strategy: borrowed for the scheduler's life; NULL makes a parallel one. Returns NULL without memory. */
struct scheduler *scheduler_new(struct strategy *strategy);
/* No thread may be left. */
void scheduler_free(struct scheduler *scheduler);
bool scheduler_is_serial(const struct scheduler *scheduler);
struct timer_service *scheduler_timers(struct scheduler *scheduler);

/* What somebody wants to hear of a serial machine; called on the carrier, may end the process. All of it is optional. */
struct scheduler_watch {
    void (*stuck)(void *arg);         /* all sleep, and nothing inside the machine will wake them */
    void (*limit_reached)(void *arg); /* at the first switch after so many retired instructions */
    uint64_t limit;                   /* 0: none */
    void (*ended)(void *arg);         /* no thread is left */
    void *arg;
};
void scheduler_set_watch(struct scheduler *scheduler, const struct scheduler_watch *watch);
/* The strategy from now on; borrowed. Carrier only, once threads run. */
void scheduler_set_strategy(struct scheduler *scheduler, struct strategy *strategy);
/* The running thread's slice begins anew: the strategy says how long it is. Carrier only. */
void scheduler_renew_slice(struct scheduler *scheduler);
/* Instructions that all threads retired; the running thread's number. */
uint64_t scheduler_retired(const struct scheduler *scheduler);
uint32_t scheduler_running(const struct scheduler *scheduler);
/* Serial, on the carrier: threads that ever began; has stacks ready for so many more threads, and keeps them. */
uint32_t scheduler_made(const struct scheduler *scheduler);
void scheduler_keep_stacks(struct scheduler *scheduler, unsigned n);

/* Around a fork of our process by the only thread that there is. is_own: on a thread that scheduler_start has made. */
void scheduler_before_fork(struct scheduler *scheduler);
void scheduler_after_fork(struct scheduler *scheduler, bool is_child, bool is_own);

/* The clocks of the machine, in nanoseconds; NULL: the host's. Deadlines are in monotonic time. */
int64_t scheduler_monotonic_ns(const struct scheduler *scheduler);
int64_t scheduler_realtime_ns(const struct scheduler *scheduler);
int64_t scheduler_boottime_ns(const struct scheduler *scheduler);

/* Serial: what realtime is ahead of monotonic time. */
int64_t scheduler_boot_realtime_ns(const struct scheduler *scheduler);
/* Serial: the monotonic time of the running thread, which has retired so many instructions since it began. */
int64_t scheduler_running_ns(const struct scheduler *scheduler, uint64_t retired);

/* Runs fn(arg) as the body of thread. Returns 0, -EAGAIN, -ENOMEM. */
int scheduler_start(struct scheduler *scheduler, struct sched_thread *thread, void (*fn)(void *arg), void *arg);
/* From any host thread: has fn(arg, value) called soon where the machine may be touched; parallel: at once, here. Returns 0 or -ENOMEM. */
int scheduler_post(struct scheduler *scheduler, void (*fn)(void *arg, int value), void *arg, int value);

/* Serial: the carrier's door (host/door.h), and what a post does that comes from a recording; posts of other threads are dropped then.
 * Before the first thread starts. */
struct host_door;
void scheduler_set_door(struct scheduler *scheduler, struct host_door *door, void (*fn)(void *arg, int value), void *arg);

/* What follows is the running thread's; parallel: budget is INT64_MAX, the rest does nothing or asks the host. */

/* How many instructions it may run before sched_tick; 0: sched_tick at once. */
int64_t sched_budget(const struct sched_thread *self);
/* It has retired so many since it began. */
void sched_ran(struct sched_thread *self, uint64_t retired);
/* CPU time of a serial scheduler's thread, in nanoseconds; of any thread. */
int64_t sched_cpu_ns(const struct sched_thread *thread);
/* How much of that no instruction took. */
int64_t sched_spent_ns(const struct sched_thread *thread);
/* Time passes that no instruction took. */
void sched_spend(struct sched_thread *self, int64_t ns);
/* Its budget is used up: timers that are due fire, and others may have their turn. */
void sched_tick(struct sched_thread *self);
/* It is about to do that: others may have their turn first. */
void sched_point(struct sched_thread *self, const struct strategy_event *event);
/* It loops in vain, as seen from outside: others have their turn. */
void sched_give_way(struct sched_thread *self);
/* One of n > 0, decided by the strategy (enum strategy_choice of sched/strategy.h); parallel: 0. */
uint64_t sched_choose(struct sched_thread *self, int choice, uint64_t n);
/* It cannot go on in a useful way before others have had their turn. */
void sched_yield_turn(struct sched_thread *self);
