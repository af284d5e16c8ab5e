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
    struct itimer timer[ITIMER_COUNT];
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

static void init_one(struct itimers *all, enum itimer_which which, int signo, int32_t clock) {
    struct itimer *timer = &all->timer[which];
    *timer = (struct itimer){.all = all, .signo = signo, .clock = clock};
    sched_timer_init(&timer->timer, all->process->kernel->timers, fire);
}

static struct itimers *itimers_new(struct process *process) {
    struct itimers *all = calloc(1, sizeof *all);
    if (!all) return NULL;
    all->process = process;
    host_mutex_init(&all->lock);
    init_one(all, ITIMER_REAL, SIGALRM, GUEST_CLOCK_MONOTONIC);
    init_one(all, ITIMER_VIRTUAL, SIGVTALRM, GUEST_CLOCK_PROCESS_CPUTIME);
    init_one(all, ITIMER_PROF, SIGPROF, GUEST_CLOCK_PROCESS_CPUTIME);
    return all;
}

static struct itimers *itimers_of(struct process *process) {
    host_mutex_lock(&process->lock);
    if (!process->itimers) process->itimers = itimers_new(process);
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

void itimers_end(struct process *process) {
    if (!process->itimers) return;
    for (int i = 0; i < ITIMER_COUNT; i++) sched_timer_cancel(&process->itimers->timer[i].timer);
}

void itimers_free(struct itimers *itimers) {
    if (!itimers) return;
    host_mutex_fini(&itimers->lock);
    free(itimers);
}
