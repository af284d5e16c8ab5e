/* SPDX-License-Identifier: ISC */
/* What the serial scheduler does behind sched.h and scheduler.h. For sched/ only; carrier only, save where it says otherwise. */
#pragma once

#include "sched/scheduler.h"
#include "sched/strategy.h"
#include "sched/timer.h"

#include "host/fiber.h"

struct serial_thread {
    struct sched_thread *thread;
    struct list node;           /* serial.ready while it could run, serial.pollers while it waits for descriptors */
    struct host_fiber *fiber;   /* owned */
    struct sched_timer timer;   /* the deadline of its sleep */
    struct host_pollfd *fds;    /* borrowed from its stack while it waits for descriptors */
    int n_fds;
    uint32_t number;            /* immutable: see struct strategy_thread */
    struct strategy_event next; /* what it is about to do while it is ready */
    uint64_t accounted;         /* of its retired instructions, by the scheduler */
    int64_t spent_ns;           /* beside them */
    void (*fn)(void *arg);
    void *arg;
};

struct serial_post {
    struct list node;
    void (*fn)(void *arg, int value);
    void *arg;
    int value;
};

enum { SERIAL_STACKS = 64 };

/* The state of a serial scheduler. */
struct serial {
    struct strategy *strategy;    /* borrowed */
    struct timer_service *timers; /* borrowed from the scheduler */
    struct host_fiber *base;      /* the carrier's own stack */
    struct serial_thread *running;
    struct serial_thread *ended;  /* whose stack goes as soon as another one runs */
    struct list ready;            /* serial_thread.node in the order in which they became ready */
    unsigned n_ready, n_threads;
    uint32_t n_made;              /* threads that ever began */
    struct strategy_thread *asked; /* owned: the candidates of a question; has room for n_asked_room >= n_threads */
    unsigned n_asked_room;
    struct host_fiber *stack[SERIAL_STACKS]; /* owned: of threads to come */
    unsigned n_stacks, n_stacks_kept;
    struct list pollers;
    uint64_t retired;             /* by all threads */
    int64_t passed_ns;            /* of the clock, beside that */
    int64_t looked_ns;            /* when descriptors were last looked at */
    uint64_t slice_end;           /* in terms of retired */

    struct scheduler_watch watch;
    struct host_door *door;       /* borrowed; the carrier's; NULL: it has none */
    void (*recorded_post)(void *arg, int value); /* what a post does that the door brings */
    void *recorded_post_arg;

    bool started;                 /* the carrier runs; set before there is a second host thread */
    _Atomic uint32_t ended_event; /* atomic, futex word: 1 when the carrier is gone */
    int event;                    /* host event descriptor for posts; -1 until the start */
    struct host_mutex post_lock;
    struct list posts;            /* guarded by post_lock; from any thread */
    _Atomic bool posted;          /* atomic: posts is not empty */
};

void serial_init(struct serial *serial, struct strategy *strategy, struct timer_service *timers);
void serial_fini(struct serial *serial);
/* From now on up to n stacks of ended threads are kept for later ones; so many are there when this returns, if there is memory. */
void serial_keep_stacks(struct serial *serial, unsigned n);
/* The machine's monotonic clock. */
int64_t serial_now_ns(const struct serial *serial);
int serial_start(struct serial *serial, struct sched_thread *thread, void (*fn)(void *arg), void *arg);
int serial_post(struct serial *serial, void (*fn)(void *arg, int value), void *arg, int value);
int serial_block(struct sched_thread *self, int64_t deadline_ns, bool interruptible);
int serial_block_poll(struct sched_thread *self, struct host_pollfd *fds, int n_fds, int64_t deadline_ns);
/* The thread's token says awake. */
void serial_make_ready(struct sched_thread *thread);
int64_t serial_budget(struct serial *serial);
/* The strategy says how long the running thread goes on from here. */
void serial_renew_slice(struct serial *serial);
void serial_tick(struct serial *serial, struct sched_thread *self);
/* The others first, if there are any. reason: STRATEGY_YIELD or STRATEGY_SPIN. */
void serial_yield(struct serial *serial, struct sched_thread *self, enum strategy_reason reason);
/* The running thread is about to do that: a decision point if the strategy wants it, or if its slice is over. */
void serial_point(struct serial *serial, struct sched_thread *self, const struct strategy_event *event);

/* serial_choose.c: asks the strategy. take_ready: the thread that goes on, no more in `ready`; some is. */
uint64_t serial_choose(struct serial *serial, enum strategy_choice choice, uint64_t n);
struct serial_thread *serial_take_ready(struct serial *serial, enum strategy_reason reason);
/* Makes room for the questions about one thread more. Returns 0 or -ENOMEM. */
int serial_make_room(struct serial *serial);

/* serial_wait.c: runs posts; makes pollers ready whose descriptors are (waits for one until deadline_ns of the host's clock); passes the
 * time until something may run. */
void serial_take_posts(struct serial *serial);
void serial_look(struct serial *serial, int64_t host_deadline_ns);
void serial_idle(struct serial *serial);

struct serial *scheduler_serial(struct scheduler *scheduler);
