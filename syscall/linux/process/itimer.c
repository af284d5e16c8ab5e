/* SPDX-License-Identifier: ISC */
/* ITIMER_REAL counts CLOCK_MONOTONIC; VIRTUAL and PROF count the process's CPU time.
 * Lock order: itimers->lock, then the timer service's lock. process->lock only guards the pointer. */
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/signal.h"

#include "base/error.h"
#include "sched/timer.h"

#include <stdlib.h>

struct itimer {
    struct sched_timer timer;
    struct itimers *all;
    int signo;
    int32_t clock;
    int64_t deadline_ns, interval_ns; /* guarded by itimers->lock; deadline 0: not armed */
};

struct itimers {
    struct process *process; /* borrowed: it ends its timers first */
    struct host_mutex lock;
    bool ended;              /* guarded by lock */
    struct itimer timer[ITIMER_ALL];
};

static void look_again_locked(struct itimer *timer) {
    const int64_t at = timer->deadline_ns;
    sched_timer_set(&timer->timer, at ? clock_next_look(timer->all->process, NULL, timer->clock, at) : SCHED_NEVER);
}

static void fire(struct sched_timer *sched_timer) {
    struct itimer *timer = CONTAINER_OF(sched_timer, struct itimer, timer);
    struct process *process = timer->all->process;
    const int64_t now = clock_read_for(process, NULL, timer->clock);
    host_mutex_lock(&timer->all->lock);
    const bool expired = timer->deadline_ns && timer->deadline_ns <= now;
    if (expired) {
        const int64_t periods = timer->interval_ns ? (now - timer->deadline_ns) / timer->interval_ns + 1 : 0;
        timer->deadline_ns = timer->interval_ns ? timer->deadline_ns + periods * timer->interval_ns : 0;
    }
    look_again_locked(timer);
    host_mutex_unlock(&timer->all->lock);
    if (expired) signal_send_process(process, timer->signo, SI_KERNEL);
}

/* What is due of RLIMIT_CPU, 0 for nothing; *next: when to look again, 0: never. The soft limit moves on by a second. */
static int limit_signal(struct process *process, int64_t now, int64_t *next) {
    int signo = 0;
    host_mutex_lock(&process->lock);
    struct limit *limit = &process->limits[RLIMIT_CPU];
    const uint64_t seconds = (uint64_t)(now / NS_PER_S);
    if (limit->hard != RLIM_INFINITY && seconds >= limit->hard) signo = SIGKILL;
    else if (limit->soft != RLIM_INFINITY && seconds >= limit->soft) signo = SIGXCPU;
    if (signo == SIGXCPU) limit->soft = seconds + 1;
    const uint64_t at = signo == SIGKILL ? RLIM_INFINITY : limit->soft < limit->hard ? limit->soft : limit->hard;
    *next = at > (uint64_t)(INT64_MAX / NS_PER_S) ? 0 : at ? (int64_t)at * NS_PER_S : 1;
    host_mutex_unlock(&process->lock);
    return signo;
}

static void fire_limit(struct sched_timer *sched_timer) {
    struct itimer *timer = CONTAINER_OF(sched_timer, struct itimer, timer);
    struct process *process = timer->all->process;
    const int64_t now = clock_read_for(process, NULL, timer->clock);
    host_mutex_lock(&timer->all->lock);
    const int signo = limit_signal(process, now, &timer->deadline_ns);
    look_again_locked(timer);
    host_mutex_unlock(&timer->all->lock);
    if (signo) signal_send_process(process, signo, SI_KERNEL);
}

static void init_one(struct itimers *all, enum itimer_which which, int signo, int32_t clock) {
    struct itimer *timer = &all->timer[which];
    *timer = (struct itimer){.all = all, .signo = signo, .clock = clock};
    sched_timer_init(&timer->timer, all->process->kernel->timers, which == ITIMER_LIMIT ? fire_limit : fire);
}

static struct itimers *itimers_new(struct process *process) {
    struct itimers *all = calloc(1, sizeof *all);
    if (!all) return NULL;
    all->process = process;
    host_mutex_init(&all->lock);
    init_one(all, ITIMER_REAL, SIGALRM, GUEST_CLOCK_MONOTONIC);
    init_one(all, ITIMER_VIRTUAL, SIGVTALRM, GUEST_CLOCK_PROCESS_CPUTIME);
    init_one(all, ITIMER_PROF, SIGPROF, GUEST_CLOCK_PROCESS_CPUTIME);
    init_one(all, ITIMER_LIMIT, SIGXCPU, GUEST_CLOCK_PROCESS_CPUTIME);
    return all;
}

static struct itimers *itimers_of(struct process *process) {
    host_mutex_lock(&process->lock);
    if (!process->itimers && !process->itimers_ended) process->itimers = itimers_new(process);
    struct itimers *all = process->itimers;
    host_mutex_unlock(&process->lock);
    return all;
}

int itimer_set(struct process *process, enum itimer_which which, const struct itimer_setting *setting,
               struct itimer_setting *old) {
    struct itimers *all = itimers_of(process);
    if (!all) return -ENOMEM;
    struct itimer *timer = &all->timer[which];
    const int64_t now = clock_read_for(process, NULL, timer->clock);
    host_mutex_lock(&all->lock);
    if (old) {
        const int64_t left = timer->deadline_ns - now;
        *old = (struct itimer_setting){!timer->deadline_ns ? 0 : left > 0 ? left : 1000, timer->interval_ns};
    }
    if (setting) {
        int64_t at = 0;
        if (setting->value_ns && __builtin_add_overflow(now, setting->value_ns, &at)) at = INT64_MAX;
        timer->deadline_ns = at;
        timer->interval_ns = setting->interval_ns;
        look_again_locked(timer);
    }
    host_mutex_unlock(&all->lock);
    return 0;
}

int itimer_limit_cpu(struct process *process) {
    struct itimers *all = itimers_of(process);
    if (!all) return -ENOMEM;
    host_mutex_lock(&all->lock);
    if (!all->ended) sched_timer_set(&all->timer[ITIMER_LIMIT].timer, 0); /* it looks for itself */
    host_mutex_unlock(&all->lock);
    return 0;
}

void itimers_end(struct process *process) {
    host_mutex_lock(&process->lock);
    process->itimers_ended = true;
    struct itimers *all = process->itimers;
    host_mutex_unlock(&process->lock);
    if (!all) return;
    host_mutex_lock(&all->lock);
    all->ended = true;
    host_mutex_unlock(&all->lock);
    for (int i = 0; i < ITIMER_ALL; i++) sched_timer_cancel(&all->timer[i].timer);
}

void itimers_free(struct itimers *itimers) {
    if (!itimers) return;
    host_mutex_fini(&itimers->lock);
    free(itimers);
}
