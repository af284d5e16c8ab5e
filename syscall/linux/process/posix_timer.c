/* SPDX-License-Identifier: ISC */
/* A posix timer is a deadline on a guest clock, a sched_timer that looks at it, and an embedded signal entry.
 * Lock order: process->lock (the list), timer->lock, then the timer service's lock or signal_lock. */
#include "syscall/linux/process/posix_timer.h"
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/signal.h"

#include "base/error.h"
#include "sched/timer.h"

#include <stdlib.h>

enum { TIMERS_MAX = 1024 };

struct posix_timer {
    _Atomic int refs;            /* atomic: the process's list holds one, each call in progress another */
    struct list node;            /* guarded by process->lock */
    int id;                      /* immutable */
    int32_t clock;               /* immutable */
    int notify;                  /* immutable: enum sigevent_notify */
    struct process *process;     /* immutable; borrowed: a process ends its timers first */
    struct task *target;         /* immutable; counted; NULL: the process */
    struct task *creator;        /* immutable; counted: whose CPU clock a thread clock is */
    struct sched_timer timer;
    struct host_mutex lock;
    /* guarded by lock */
    int64_t deadline_ns;         /* reading of the clock; 0: not armed */
    int64_t interval_ns;
    struct signal_entry entry;   /* guarded by signal_lock */
};

static void advance_locked(struct posix_timer *timer, int64_t now_ns, int *missed) {
    *missed = 0;
    if (!timer->interval_ns) {
        timer->deadline_ns = 0;
        return;
    }
    const int64_t late = now_ns - timer->deadline_ns;
    const int64_t periods = late / timer->interval_ns + 1;
    *missed = periods - 1 > INT32_MAX ? INT32_MAX : (int)(periods - 1);
    timer->deadline_ns += periods * timer->interval_ns;
}

static void look_again_locked(struct posix_timer *timer) {
    const int64_t at = timer->deadline_ns;
    sched_timer_set(&timer->timer, at ? clock_next_look(timer->process, timer->creator, timer->clock, at) : SCHED_NEVER);
}

static void fire(struct sched_timer *sched_timer) {
    struct posix_timer *timer = CONTAINER_OF(sched_timer, struct posix_timer, timer);
    const int64_t now = clock_read_for(timer->process, timer->creator, timer->clock);
    int missed = 0;
    host_mutex_lock(&timer->lock);
    const bool expired = timer->deadline_ns && timer->deadline_ns <= now;
    if (expired) advance_locked(timer, now, &missed);
    look_again_locked(timer);
    host_mutex_unlock(&timer->lock);
    if (expired && timer->notify != SIGEV_NONE) signal_send_timer(timer->process, timer->target, &timer->entry, missed);
}

static void timer_put(struct posix_timer *timer) {
    if (atomic_fetch_sub(&timer->refs, 1) > 1) return;
    sched_timer_cancel(&timer->timer);
    signal_forget_timer(timer->process, &timer->entry);
    task_put(timer->target);
    task_put(timer->creator);
    host_mutex_fini(&timer->lock);
    free(timer);
}

static int check_event(struct task *task, const struct guest_sigevent *event, struct task **target) {
    *target = NULL;
    if (event->notify == SIGEV_NONE) return 0;
    if (event->signo < 1 || event->signo > SIGNAL_COUNT) return -EINVAL;
    if (event->notify == SIGEV_SIGNAL) return 0;
    if (event->notify != SIGEV_THREAD_ID) return -EINVAL;
    struct task *other = task_find(task->kernel, event->tid);
    if (other && other->process == task->process) {
        *target = other;
        return 0;
    }
    task_put(other);
    return -EINVAL;
}

static int insert(struct process *process, struct posix_timer *timer) {
    int n = 0;
    host_mutex_lock(&process->lock);
    LIST_FOR_EACH(node, &process->timers) n++;
    if (n < TIMERS_MAX) {
        timer->id = process->next_timer_id++;
        if (process->next_timer_id < 0) process->next_timer_id = 0;
        list_append(&process->timers, &timer->node);
    }
    host_mutex_unlock(&process->lock);
    return n < TIMERS_MAX ? 0 : -EAGAIN;
}

static void init_entry(struct posix_timer *timer, const struct guest_sigevent *event) {
    timer->entry.info = signal_info(event->signo, SI_TIMER);
    timer->entry.info.timer.timer_id = timer->id;
    timer->entry.info.timer.value = event->value;
    timer->entry.embedded = true;
    list_init(&timer->entry.node);
}

int posix_timer_create(struct task *task, int32_t clock, const struct guest_sigevent *event, int *id) {
    struct guest_sigevent own = {.signo = SIGALRM, .notify = SIGEV_SIGNAL};
    struct task *target = NULL;
    int64_t now;
    int r = clock_read(task, clock, &now);
    if (r == 0) r = check_event(task, event ? event : &own, &target);
    if (r < 0) return r;
    struct posix_timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        task_put(target);
        return -EAGAIN;
    }
    atomic_init(&timer->refs, 1);
    timer->clock = clock;
    timer->notify = event ? event->notify : own.notify;
    timer->process = task->process;
    timer->target = target;
    timer->creator = task_get(task);
    host_mutex_init(&timer->lock);
    list_init(&timer->node);
    sched_timer_init(&timer->timer, task->kernel->timers, fire);
    init_entry(timer, event ? event : &own);
    r = insert(task->process, timer);
    if (r < 0) {
        timer_put(timer);
        return r;
    }
    timer->entry.info.timer.timer_id = *id = timer->id;
    if (!event) timer->entry.info.timer.value = (uint64_t)timer->id;
    return 0;
}

static struct posix_timer *find_locked(struct process *process, int id) {
    LIST_FOR_EACH(node, &process->timers) {
        struct posix_timer *timer = CONTAINER_OF(node, struct posix_timer, node);
        if (timer->id == id) return timer;
    }
    return NULL;
}

/* Counted; NULL: there is none. */
static struct posix_timer *find(struct process *process, int id) {
    host_mutex_lock(&process->lock);
    struct posix_timer *timer = find_locked(process, id);
    if (timer) atomic_fetch_add(&timer->refs, 1);
    host_mutex_unlock(&process->lock);
    return timer;
}

static void read_locked(struct posix_timer *timer, int64_t now, struct posix_timer_setting *out) {
    const int64_t left = timer->deadline_ns - now;
    out->interval_ns = timer->interval_ns;
    out->value_ns = !timer->deadline_ns ? 0 : left > 0 ? left : 1;
}

static void arm_locked(struct posix_timer *timer, int64_t now, bool absolute, const struct posix_timer_setting *setting) {
    int64_t at = setting->value_ns;
    if (at && !absolute && __builtin_add_overflow(now, at, &at)) at = INT64_MAX;
    timer->deadline_ns = at;
    timer->interval_ns = setting->interval_ns;
    look_again_locked(timer);
}

/* Reads and, if setting is not NULL, sets. The clock is read first: it takes tasks_lock for CPU clocks. */
static int access_timer(struct task *task, int id, bool absolute, const struct posix_timer_setting *setting,
                        struct posix_timer_setting *old) {
    struct process *process = task->process;
    struct posix_timer *timer = find(process, id);
    if (!timer) return -EINVAL;
    const int64_t now = clock_read_for(process, timer->creator, timer->clock);
    host_mutex_lock(&timer->lock);
    if (old) read_locked(timer, now, old);
    if (setting) arm_locked(timer, now, absolute, setting);
    host_mutex_unlock(&timer->lock);
    timer_put(timer);
    return 0;
}

int posix_timer_set(struct task *task, int id, bool absolute, const struct posix_timer_setting *setting,
                    struct posix_timer_setting *old) {
    return access_timer(task, id, absolute, setting, old);
}

int posix_timer_get(struct task *task, int id, struct posix_timer_setting *now) {
    return access_timer(task, id, false, NULL, now);
}

int posix_timer_overrun(struct task *task, int id) {
    struct process *process = task->process;
    struct posix_timer *timer = find(process, id);
    if (!timer) return -EINVAL;
    host_mutex_lock(&process->signal_lock);
    const int overrun = timer->entry.last_overrun;
    host_mutex_unlock(&process->signal_lock);
    timer_put(timer);
    return overrun;
}

int posix_timer_delete(struct task *task, int id) {
    struct process *process = task->process;
    host_mutex_lock(&process->lock);
    struct posix_timer *timer = find_locked(process, id);
    if (timer) list_remove(&timer->node);
    host_mutex_unlock(&process->lock);
    if (!timer) return -EINVAL;
    sched_timer_cancel(&timer->timer);
    timer_put(timer);
    return 0;
}

void posix_timers_end(struct process *process) {
    LIST_FOR_EACH(node, &process->timers) {
        list_remove(node);
        timer_put(CONTAINER_OF(node, struct posix_timer, node));
    }
}
