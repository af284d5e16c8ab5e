/* SPDX-License-Identifier: ISC */
/* A binary heap of deadlines and, in parallel mode, the host thread that sleeps until the first. */
#include "sched/timer.h"

#include "base/error.h"
#include "host/clock.h"

#include <stdlib.h>

struct timer_service {
    struct host_mutex lock;
    /* guarded by lock */
    struct sched_timer **heap;
    size_t n, capacity;
    bool has_thread;             /* immutable */
    bool started, stopping;
    struct sched_timer *firing;  /* whose fire runs now */
    _Atomic uint32_t changed;    /* atomic, futex word: the nearest deadline moved, or stop */
    _Atomic uint32_t fired;      /* atomic, futex word: a fire has returned */
    _Atomic uint32_t ended;      /* atomic, futex word: 1 when the thread is gone */
};

static void place(struct timer_service *service, size_t i, struct sched_timer *timer) {
    service->heap[i] = timer;
    timer->index = i;
}

static void sift_up(struct timer_service *service, size_t i) {
    struct sched_timer *timer = service->heap[i];
    while (i > 0) {
        const size_t parent = (i - 1) / 2;
        if (service->heap[parent]->deadline_ns <= timer->deadline_ns) break;
        place(service, i, service->heap[parent]);
        i = parent;
    }
    place(service, i, timer);
}

static void sift_down(struct timer_service *service, size_t i) {
    struct sched_timer *timer = service->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= service->n) break;
        if (child + 1 < service->n && service->heap[child + 1]->deadline_ns < service->heap[child]->deadline_ns) child++;
        if (timer->deadline_ns <= service->heap[child]->deadline_ns) break;
        place(service, i, service->heap[child]);
        i = child;
    }
    place(service, i, timer);
}

static void remove_locked(struct timer_service *service, struct sched_timer *timer) {
    const size_t i = timer->index;
    if (i == SIZE_MAX) return;
    timer->index = SIZE_MAX;
    struct sched_timer *last = service->heap[--service->n];
    if (last == timer) return;
    place(service, i, last);
    sift_up(service, i);
    sift_down(service, last->index);
}

static int grow_locked(struct timer_service *service) {
    if (service->n < service->capacity) return 0;
    const size_t capacity = service->capacity ? service->capacity * 2 : 16;
    struct sched_timer **heap = realloc(service->heap, capacity * sizeof *heap);
    if (!heap) return -ENOMEM;
    service->heap = heap;
    service->capacity = capacity;
    return 0;
}

static void announce(_Atomic uint32_t *word) {
    atomic_fetch_add(word, 1);
    host_futex_wake(word, INT32_MAX);
}

static void fire_first(struct timer_service *service) {
    struct sched_timer *timer = service->heap[0];
    remove_locked(service, timer);
    service->firing = timer;
    host_mutex_unlock(&service->lock);
    timer->fire(timer);
    host_mutex_lock(&service->lock);
    service->firing = NULL;
    if (service->has_thread) announce(&service->fired);
}

static void sleep_until_first(struct timer_service *service) {
    const uint32_t seen = atomic_load(&service->changed);
    const int64_t deadline_ns = service->n ? service->heap[0]->deadline_ns : SCHED_NEVER;
    host_mutex_unlock(&service->lock);
    host_futex_wait(&service->changed, seen, deadline_ns);
    host_mutex_lock(&service->lock);
}

static void run(void *arg) {
    struct timer_service *service = arg;
    host_mutex_lock(&service->lock);
    while (!service->stopping) {
        if (service->n && service->heap[0]->deadline_ns <= host_clock_monotonic_ns()) {
            fire_first(service);
        } else {
            sleep_until_first(service);
        }
    }
    host_mutex_unlock(&service->lock);
    announce(&service->ended);
}

struct timer_service *timer_service_new(bool has_thread) {
    struct timer_service *service = calloc(1, sizeof *service);
    if (!service) return NULL;
    host_mutex_init(&service->lock);
    service->has_thread = has_thread;
    return service;
}

void timer_service_fire_due(struct timer_service *service, int64_t now_ns) {
    host_mutex_lock(&service->lock);
    while (service->n && service->heap[0]->deadline_ns <= now_ns) fire_first(service);
    host_mutex_unlock(&service->lock);
}

int64_t timer_service_next(const struct timer_service *service) {
    return service->n ? service->heap[0]->deadline_ns : SCHED_NEVER;
}

/* The thread touches the service last when it wakes `ended`'s sleeper; the futex call itself needs only the address. */
void timer_service_free(struct timer_service *service) {
    if (!service) return;
    host_mutex_lock(&service->lock);
    service->stopping = true;
    const bool started = service->started;
    host_mutex_unlock(&service->lock);
    announce(&service->changed);
    while (started && !atomic_load(&service->ended)) host_futex_wait(&service->ended, 0, SCHED_NEVER);
    host_mutex_fini(&service->lock);
    free(service->heap);
    free(service);
}

void sched_timer_init(struct sched_timer *timer, struct timer_service *service, void (*fire)(struct sched_timer *)) {
    *timer = (struct sched_timer){.service = service, .fire = fire, .deadline_ns = SCHED_NEVER, .index = SIZE_MAX};
}

static int start_thread_locked(struct timer_service *service) {
    if (!service->has_thread || service->started) return 0;
    const int r = host_thread_start(run, service);
    if (r == 0) service->started = true;
    return r;
}

void timer_service_before_fork(struct timer_service *service) {
    host_mutex_lock(&service->lock);
    while (service->firing) {
        const uint32_t seen = atomic_load(&service->fired);
        host_mutex_unlock(&service->lock);
        host_futex_wait(&service->fired, seen, SCHED_NEVER);
        host_mutex_lock(&service->lock);
    }
}

void timer_service_after_fork(struct timer_service *service, bool is_child) {
    if (is_child) service->started = false;
    if (service->n) (void)start_thread_locked(service); /* or the next timer that is set does */
    host_mutex_unlock(&service->lock);
}

static int insert_locked(struct timer_service *service, struct sched_timer *timer, int64_t deadline_ns) {
    int r = start_thread_locked(service);
    if (r == 0) r = grow_locked(service);
    if (r < 0) return r;
    timer->deadline_ns = deadline_ns;
    service->heap[service->n] = timer;
    sift_up(service, service->n++);
    return 0;
}

int sched_timer_set(struct sched_timer *timer, int64_t deadline_ns) {
    struct timer_service *service = timer->service;
    int r = 0;
    host_mutex_lock(&service->lock);
    remove_locked(service, timer);
    timer->deadline_ns = SCHED_NEVER;
    if (deadline_ns != SCHED_NEVER) r = insert_locked(service, timer, deadline_ns);
    const bool nearest = timer->index == 0;
    host_mutex_unlock(&service->lock);
    if (nearest && service->has_thread) announce(&service->changed);
    return r;
}

void sched_timer_cancel(struct sched_timer *timer) {
    struct timer_service *service = timer->service;
    host_mutex_lock(&service->lock);
    remove_locked(service, timer);
    while (service->firing == timer) {
        const uint32_t seen = atomic_load(&service->fired);
        host_mutex_unlock(&service->lock);
        host_futex_wait(&service->fired, seen, SCHED_NEVER);
        host_mutex_lock(&service->lock);
        remove_locked(service, timer);
    }
    host_mutex_unlock(&service->lock);
}
