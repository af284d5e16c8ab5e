/* SPDX-License-Identifier: ISC */
/* Timers fire in the order of their deadlines, not early, again when set again, and not after a cancel. */
#include "host/clock.h"
#include "sched/timer.h"
#include "tests/sched/expect.h"

enum { N = 50 };

struct alarm_clock {
    struct sched_timer timer;
    int64_t deadline_ns;
};

static _Atomic uint32_t n_fired;
static _Atomic int64_t last_deadline;
static _Atomic bool wrong;

static void fired(struct sched_timer *timer) {
    struct alarm_clock *alarm = CONTAINER_OF(timer, struct alarm_clock, timer);
    if (host_clock_monotonic_ns() < alarm->deadline_ns) atomic_store(&wrong, true);
    if (alarm->deadline_ns < atomic_load(&last_deadline)) atomic_store(&wrong, true);
    atomic_store(&last_deadline, alarm->deadline_ns);
    atomic_fetch_add(&n_fired, 1);
    host_futex_wake(&n_fired, 1);
}

static void again(struct sched_timer *timer) {
    if (atomic_fetch_add(&n_fired, 1) < 4) sched_timer_set(timer, host_clock_monotonic_ns() + 1000000);
    host_futex_wake(&n_fired, 1);
}

static void wait_for(uint32_t n) {
    for (;;) {
        const uint32_t now = atomic_load(&n_fired);
        if (now >= n) return;
        host_futex_wait(&n_fired, now, HOST_NEVER);
    }
}

/* Sets all alarms before the first one is due. False when the host was too slow for that. */
static bool set_all(struct timer_service *service, struct alarm_clock *alarms) {
    const int64_t start = host_clock_monotonic_ns() + 20000000;
    atomic_store(&n_fired, 0);
    atomic_store(&last_deadline, 0);
    for (int i = 0; i < N; i++) {
        alarms[i].deadline_ns = start + (i * 37 % N) * 100000;
        sched_timer_init(&alarms[i].timer, service, fired);
    }
    for (int i = 0; i < N; i++) EXPECT(sched_timer_set(&alarms[i].timer, alarms[i].deadline_ns) == 0);
    return host_clock_monotonic_ns() < start;
}

static void in_order(struct timer_service *service) {
    static struct alarm_clock alarms[N];
    bool in_time;
    do {
        in_time = set_all(service, alarms);
        wait_for(N);
        for (int i = 0; i < N; i++) sched_timer_cancel(&alarms[i].timer);
        EXPECT(!in_time || !atomic_load(&wrong));
        atomic_store(&wrong, false);
    } while (!in_time);
}

static void repeats(struct timer_service *service) {
    struct sched_timer timer;
    atomic_store(&n_fired, 0);
    sched_timer_init(&timer, service, again);
    EXPECT(sched_timer_set(&timer, host_clock_monotonic_ns()) == 0);
    wait_for(5);
    sched_timer_cancel(&timer);
}

static void cancelled(struct timer_service *service) {
    struct sched_timer timers[N];
    atomic_store(&n_fired, 0);
    for (int i = 0; i < N; i++) {
        sched_timer_init(&timers[i], service, again);
        sched_timer_set(&timers[i], host_clock_monotonic_ns() + 3600000000000ll + i);
    }
    for (int i = 0; i < N; i++) sched_timer_cancel(&timers[i * 7 % N]);
    EXPECT(atomic_load(&n_fired) == 0);
}

int main(void) {
    struct timer_service *service = timer_service_new(true);
    EXPECT(service);
    in_order(service);
    repeats(service);
    cancelled(service);
    timer_service_free(service);
    return 0;
}
