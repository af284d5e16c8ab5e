/* SPDX-License-Identifier: ISC */
/* One front for both ways to schedule. */
#include "sched/serial.h"

#include "host/clock.h"

#include <stdlib.h>

/* 2026-01-01 00:00 UTC: when every serial machine was booted. */
#define SERIAL_BOOT_NS INT64_C(1767225600000000000)

struct scheduler {
    bool is_serial;               /* immutable */
    struct timer_service *timers; /* owned */
    struct host_thread_pool *threads; /* owned; NULL if serial */
    struct serial serial;
};

struct scheduler *scheduler_new(struct strategy *strategy) {
    struct scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (!scheduler) return NULL;
    scheduler->timers = timer_service_new(!strategy);
    scheduler->threads = strategy ? NULL : host_thread_pool_new();
    if (!scheduler->timers || (!strategy && !scheduler->threads)) {
        scheduler_free(scheduler);
        return NULL;
    }
    scheduler->is_serial = strategy;
    if (strategy) serial_init(&scheduler->serial, strategy, scheduler->timers);
    return scheduler;
}

void scheduler_free(struct scheduler *scheduler) {
    if (!scheduler) return;
    if (scheduler->is_serial) serial_fini(&scheduler->serial);
    timer_service_free(scheduler->timers);
    host_thread_pool_free(scheduler->threads);
    free(scheduler);
}

void scheduler_before_fork(struct scheduler *scheduler) {
    if (scheduler->threads) host_thread_pool_before_fork(scheduler->threads);
    timer_service_before_fork(scheduler->timers);
}

void scheduler_after_fork(struct scheduler *scheduler, bool is_child, bool is_own) {
    timer_service_after_fork(scheduler->timers, is_child);
    if (scheduler->threads) host_thread_pool_after_fork(scheduler->threads, is_child, is_own);
}

struct serial *scheduler_serial(struct scheduler *scheduler) {
    return scheduler && scheduler->is_serial ? &scheduler->serial : NULL;
}

bool scheduler_is_serial(const struct scheduler *scheduler) {
    return scheduler && scheduler->is_serial;
}

struct timer_service *scheduler_timers(struct scheduler *scheduler) {
    return scheduler->timers;
}

void scheduler_set_watch(struct scheduler *scheduler, const struct scheduler_watch *watch) {
    scheduler->serial.watch = *watch;
}

void scheduler_set_strategy(struct scheduler *scheduler, struct strategy *strategy) {
    scheduler->serial.strategy = strategy;
}

void scheduler_renew_slice(struct scheduler *scheduler) {
    serial_renew_slice(&scheduler->serial);
}

uint64_t scheduler_retired(const struct scheduler *scheduler) {
    return scheduler->serial.retired;
}

uint32_t scheduler_running(const struct scheduler *scheduler) {
    return scheduler->serial.running->number;
}

uint32_t scheduler_made(const struct scheduler *scheduler) {
    return scheduler->serial.n_made;
}

void scheduler_keep_stacks(struct scheduler *scheduler, unsigned n) {
    serial_keep_stacks(&scheduler->serial, n);
}

int64_t scheduler_monotonic_ns(const struct scheduler *scheduler) {
    return scheduler_is_serial(scheduler) ? serial_now_ns(&scheduler->serial) : host_clock_monotonic_ns();
}

int64_t scheduler_realtime_ns(const struct scheduler *scheduler) {
    return scheduler_is_serial(scheduler) ? SERIAL_BOOT_NS + serial_now_ns(&scheduler->serial) : host_clock_realtime_ns();
}

int64_t scheduler_boottime_ns(const struct scheduler *scheduler) {
    return scheduler_is_serial(scheduler) ? serial_now_ns(&scheduler->serial) : host_clock_boottime_ns();
}

int64_t scheduler_boot_realtime_ns(const struct scheduler *scheduler) {
    return SERIAL_BOOT_NS;
}

int64_t scheduler_running_ns(const struct scheduler *scheduler, uint64_t retired) {
    const struct serial *serial = &scheduler->serial;
    return serial_now_ns(serial) + (int64_t)(retired - serial->running->accounted);
}

int scheduler_start(struct scheduler *scheduler, struct sched_thread *thread, void (*fn)(void *arg), void *arg) {
    return scheduler->is_serial ? serial_start(&scheduler->serial, thread, fn, arg)
                                : host_thread_pool_start(scheduler->threads, fn, arg);
}

int scheduler_post(struct scheduler *scheduler, void (*fn)(void *arg, int value), void *arg, int value) {
    if (scheduler->is_serial) return serial_post(&scheduler->serial, fn, arg, value);
    fn(arg, value);
    return 0;
}

void scheduler_set_door(struct scheduler *scheduler, struct host_door *door, void (*fn)(void *arg, int value), void *arg) {
    struct serial *serial = &scheduler->serial;
    serial->door = door;
    serial->recorded_post = fn;
    serial->recorded_post_arg = arg;
}

int64_t sched_now_ns(const struct sched_thread *self) {
    return scheduler_monotonic_ns(self ? self->scheduler : NULL);
}

int64_t sched_deadline_after(const struct sched_thread *self, int64_t ns) {
    int64_t deadline;
    return __builtin_add_overflow(sched_now_ns(self), ns, &deadline) ? SCHED_NEVER : deadline;
}

int64_t sched_budget(const struct sched_thread *self) {
    return self->serial ? serial_budget(&self->scheduler->serial) : INT64_MAX;
}

void sched_ran(struct sched_thread *self, uint64_t retired) {
    if (!self->serial) return;
    self->scheduler->serial.retired += retired - self->serial->accounted;
    self->serial->accounted = retired;
}

int64_t sched_cpu_ns(const struct sched_thread *thread) {
    const struct serial_thread *serial = thread->serial;
    return serial ? (int64_t)serial->accounted + serial->spent_ns : 0;
}

int64_t sched_spent_ns(const struct sched_thread *thread) {
    return thread->serial ? thread->serial->spent_ns : 0;
}

void sched_spend(struct sched_thread *self, int64_t ns) {
    if (!self->serial) return;
    self->scheduler->serial.passed_ns += ns;
    self->serial->spent_ns += ns;
}

void sched_tick(struct sched_thread *self) {
    if (self->serial) serial_tick(&self->scheduler->serial, self);
}

void sched_point(struct sched_thread *self, const struct strategy_event *event) {
    if (self->serial) serial_point(&self->scheduler->serial, self, event);
}

void sched_give_way(struct sched_thread *self) {
    if (self->serial) serial_yield(&self->scheduler->serial, self, STRATEGY_SPIN);
}

uint64_t sched_choose(struct sched_thread *self, int choice, uint64_t n) {
    if (!self->serial || n < 2) return 0;
    return serial_choose(&self->scheduler->serial, (enum strategy_choice)choice, n);
}

void sched_yield_turn(struct sched_thread *self) {
    if (self->serial) serial_yield(&self->scheduler->serial, self, STRATEGY_YIELD);
    else host_thread_yield();
}
