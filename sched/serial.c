/* SPDX-License-Identifier: ISC */
/* Threads as fibers of one host thread. Whoever cannot go on looks for the next one itself, on its own stack, and switches to it. */
#include "sched/serial.h"

#include "base/error.h"
#include "host/door.h"

#include <stdlib.h>

/* How long in machine time running threads may keep others waiting for descriptors that are ready. */
enum { LOOK_INTERVAL_NS = 10000000 };
/* One second after the boot. */
#define SERIAL_START_NS INT64_C(1000000000)
/* The longest slice. */
#define SLICE_MAX (UINT64_C(1) << 40)

void serial_init(struct serial *serial, struct strategy *strategy, struct timer_service *timers) {
    serial->strategy = strategy;
    serial->timers = timers;
    serial->event = -1;
    serial->passed_ns = SERIAL_START_NS;
    list_init(&serial->ready);
    list_init(&serial->pollers);
    list_init(&serial->posts);
    host_mutex_init(&serial->post_lock);
}

void serial_fini(struct serial *serial) {
    while (serial->started && !atomic_load(&serial->ended_event)) host_futex_wait(&serial->ended_event, 0, HOST_NEVER);
    serial->door = NULL;
    serial_take_posts(serial);
    host_mutex_fini(&serial->post_lock);
    if (serial->event >= 0) host_event_free(serial->event);
    while (serial->n_stacks) host_fiber_free(serial->stack[--serial->n_stacks]);
    free(serial->asked);
}

int64_t serial_now_ns(const struct serial *serial) {
    return (int64_t)serial->retired + serial->passed_ns;
}

static void fire_due(struct serial *serial) {
    const int64_t now = serial_now_ns(serial);
    if (timer_service_next(serial->timers) <= now) timer_service_fire_due(serial->timers, now);
}

static void append_ready(struct serial *serial, struct serial_thread *thread) {
    list_remove(&thread->node);
    list_append(&serial->ready, &thread->node);
    serial->n_ready++;
}

void serial_make_ready(struct sched_thread *thread) {
    append_ready(scheduler_serial(thread->scheduler), thread->serial);
}

/* The thread that goes on next; NULL when there is none any more. */
static struct serial_thread *next_thread(struct serial *serial, enum strategy_reason reason) {
    for (;;) {
        serial_take_posts(serial);
        fire_due(serial);
        if (!list_empty(&serial->pollers) && serial_now_ns(serial) - serial->looked_ns >= LOOK_INTERVAL_NS) serial_look(serial, 0);
        if (serial->n_ready) return serial_take_ready(serial, reason);
        if (!serial->n_threads) return NULL;
        serial_idle(serial);
    }
}

static void give_stack(struct serial *serial, struct host_fiber *fiber) {
    if (serial->n_stacks < serial->n_stacks_kept) serial->stack[serial->n_stacks++] = fiber;
    else host_fiber_free(fiber);
}

static void free_ended(struct serial *serial) {
    struct serial_thread *ended = serial->ended;
    serial->ended = NULL;
    if (!ended) return;
    give_stack(serial, ended->fiber);
    free(ended);
}

static void begin_slice(struct serial *serial, struct serial_thread *next) {
    const struct scheduler_watch *watch = &serial->watch;
    if (watch->limit && serial->retired >= watch->limit) watch->limit_reached(watch->arg);
    serial->running = next;
    serial_renew_slice(serial);
}

void serial_renew_slice(struct serial *serial) {
    serial->slice_end = serial->retired + serial_choose(serial, STRATEGY_SLICE, SLICE_MAX);
}

/* Lets others run until it is this thread's turn again. */
static void switch_from(struct serial *serial, struct serial_thread *from, enum strategy_reason reason) {
    struct serial_thread *next = next_thread(serial, reason);
    begin_slice(serial, next);
    if (next == from) return;
    host_fiber_switch(from->fiber, next->fiber);
    free_ended(serial);
}

/* The body of every fiber. The thread's structure may be gone when fn has returned. */
static void run_thread(void *arg) {
    struct serial_thread *self = arg;
    struct serial *serial = scheduler_serial(self->thread->scheduler);
    free_ended(serial);
    self->fn(self->arg);
    serial->n_threads--;
    struct serial_thread *next = next_thread(serial, STRATEGY_EXIT);
    serial->ended = self;
    if (next) begin_slice(serial, next);
    host_fiber_switch(self->fiber, next ? next->fiber : serial->base);
}

static struct host_fiber *take_stack(struct serial *serial, struct serial_thread *thread) {
    if (!serial->n_stacks) return host_fiber_new(run_thread, thread);
    struct host_fiber *fiber = serial->stack[--serial->n_stacks];
    host_fiber_renew(fiber, run_thread, thread);
    return fiber;
}

void serial_keep_stacks(struct serial *serial, unsigned n) {
    serial->n_stacks_kept = n < SERIAL_STACKS ? n : SERIAL_STACKS;
    while (serial->n_stacks < serial->n_stacks_kept) {
        struct host_fiber *fiber = host_fiber_new(run_thread, NULL);
        if (!fiber) return;
        serial->stack[serial->n_stacks++] = fiber;
    }
}

/* The scheduler may be freed as soon as the word is set: only its address is used afterwards. */
static void carry(void *arg) {
    struct serial *serial = arg;
    host_door_set(serial->door);
    struct serial_thread *first = serial_take_ready(serial, STRATEGY_EXIT);
    begin_slice(serial, first);
    host_fiber_switch(serial->base, first->fiber);
    free_ended(serial);
    host_fiber_free(serial->base);
    if (serial->watch.ended) serial->watch.ended(serial->watch.arg);
    host_door_set(NULL);
    atomic_store(&serial->ended_event, 1);
    host_futex_wake(&serial->ended_event, INT32_MAX);
}

/* The carrier may start threads itself before this has returned. */
static int start_carrier(struct serial *serial) {
    serial->base = host_fiber_of_thread();
    serial->event = serial->base ? host_event_new() : -ENOMEM;
    serial->started = serial->event >= 0;
    if (serial->started) host_door_set(NULL); /* it is the carrier's now */
    const int r = serial->started ? host_thread_start(carry, serial) : serial->event;
    if (r == 0) return 0;
    serial->started = false;
    host_fiber_free(serial->base);
    return r;
}

static void timed_out(struct sched_timer *timer) {
    struct serial_thread *self = CONTAINER_OF(timer, struct serial_thread, timer);
    uint32_t expect = SCHED_ASLEEP;
    if (atomic_compare_exchange_strong(&self->thread->token, &expect, SCHED_NO_TOKEN)) serial_make_ready(self->thread);
}

int serial_start(struct serial *serial, struct sched_thread *thread, void (*fn)(void *arg), void *arg) {
    struct serial_thread *made = calloc(1, sizeof *made);
    struct host_fiber *fiber = made && serial_make_room(serial) == 0 ? take_stack(serial, made) : NULL;
    if (!fiber) {
        free(made);
        return -ENOMEM;
    }
    *made = (struct serial_thread){.thread = thread, .fiber = fiber, .number = serial->n_made++, .fn = fn, .arg = arg};
    sched_timer_init(&made->timer, serial->timers, timed_out);
    list_init(&made->node);
    thread->serial = made;
    append_ready(serial, made);
    serial->n_threads++;
    const int r = serial->started ? 0 : start_carrier(serial);
    if (r == 0) return 0;
    serial->n_threads--;
    serial->n_ready--;
    thread->serial = NULL;
    host_fiber_free(fiber);
    free(made);
    return r;
}

/* Sleeps; whoever wakes it has set the token, the timer has taken it. Returns 0, -ETIMEDOUT, or -E when there is no timer to be had. */
static int sleep(struct serial *serial, struct sched_thread *self, int64_t deadline_ns) {
    if (deadline_ns <= serial_now_ns(serial)) return -ETIMEDOUT;
    sched_tell_sleep(self);
    const int r = deadline_ns == SCHED_NEVER ? 0 : sched_timer_set(&self->serial->timer, deadline_ns);
    if (r) return r;
    atomic_store(&self->token, SCHED_ASLEEP);
    switch_from(serial, self->serial, STRATEGY_SLEEP);
    if (deadline_ns != SCHED_NEVER) sched_timer_cancel(&self->serial->timer);
    return atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN ? 0 : -ETIMEDOUT;
}

int serial_block(struct sched_thread *self, int64_t deadline_ns, bool interruptible) {
    if (atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN) return 0;
    if (interruptible && atomic_load(&self->interrupted)) return -EINTR;
    return sleep(scheduler_serial(self->scheduler), self, deadline_ns);
}

int serial_block_poll(struct sched_thread *self, struct host_pollfd *fds, int n_fds, int64_t deadline_ns) {
    struct serial *serial = scheduler_serial(self->scheduler);
    struct serial_thread *own = self->serial;
    if (atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN) return 0;
    if (atomic_load(&self->interrupted)) return -EINTR;
    const int n = host_poll(fds, n_fds, 0);
    if (n != 0) return n < 0 ? n : 0;
    own->fds = fds;
    own->n_fds = n_fds;
    list_append(&serial->pollers, &own->node);
    const int r = sleep(serial, self, deadline_ns);
    list_remove(&own->node);
    return r;
}

/* Timers that a system call's time has made due fire before the next instruction, wherever slices end. */
int64_t serial_budget(struct serial *serial) {
    fire_due(serial);
    const int64_t slice = (int64_t)(serial->slice_end - serial->retired);
    const int64_t next = timer_service_next(serial->timers);
    const int64_t until = next == SCHED_NEVER ? slice : next - serial_now_ns(serial);
    const int64_t left = slice < until ? slice : until;
    return left > 0 ? left : 0;
}

/* The thread may be the one that goes on. */
static void give_way(struct serial *serial, struct serial_thread *own, enum strategy_reason reason) {
    append_ready(serial, own);
    switch_from(serial, own, reason);
}

void serial_tick(struct serial *serial, struct sched_thread *self) {
    serial_take_posts(serial);
    fire_due(serial);
    if ((int64_t)(serial->slice_end - serial->retired) > 0) return;
    give_way(serial, self->serial, STRATEGY_SLICE_END);
}

void serial_point(struct serial *serial, struct sched_thread *self, const struct strategy_event *event) {
    struct serial_thread *own = self->serial;
    const bool is_over = (int64_t)(serial->slice_end - serial->retired) <= 0;
    const bool is_asked = serial->n_ready && (serial->strategy->points & 1u << event->kind);
    if (!is_over && !is_asked) return;
    own->next = *event;
    give_way(serial, own, is_over ? STRATEGY_SLICE_END : STRATEGY_POINT);
    own->next.kind = STRATEGY_RUN;
}

void serial_yield(struct serial *serial, struct sched_thread *self, enum strategy_reason reason) {
    struct serial_thread *own = self->serial;
    serial_take_posts(serial);
    fire_due(serial);
    if (!serial->n_ready) {
        begin_slice(serial, own);
        return;
    }
    struct serial_thread *next = serial_take_ready(serial, reason);
    append_ready(serial, own);
    begin_slice(serial, next);
    host_fiber_switch(own->fiber, next->fiber);
    free_ended(serial);
}
