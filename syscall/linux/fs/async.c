/* SPDX-License-Identifier: ISC */
/* A file that is told of stands in its own wait queues, as an epoll's item does. Whoever wakes those holds locks, so it only sets a timer
 * that is due at once; the timer's thread asks the file and tells. What the host wakes is asked for every few milliseconds.
 * Invariant: an async lives while file->async points to it, and goes before its file does. */
#include "syscall/linux/fs/async.h"

#include "base/bits.h"
#include "base/error.h"
#include "host/file.h"
#include "host/readiness.h"
#include "sched/timer.h"
#include "syscall/linux/fs/pipe.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>

enum { QUEUES = 3, PERIOD_NS = 2000000, INPUT = 1, OUTPUT = 2, EPOLLET_BIT = (int)(1u << 31) };

struct async {
    struct sched_timer timer;
    struct file *file;        /* borrowed: it ends this */
    int fd;
    async_tell *tell;
    void *arg;
    int host_set;             /* owned: host readiness set; -1: the machine wakes */
    struct waiter waiters[QUEUES];
    int n_waiters;
    _Atomic unsigned woken;   /* atomic: INPUT, OUTPUT: what was woken since it was told */
};

struct async_table {
    struct poll_table table;
    struct async *async;
};

/* Those who read wait in a file's first queue. */
static unsigned side_of(const struct async *async, const struct waiter *waiter) {
    const bool first = waiter == &async->waiters[0];
    return first && file_readable(async->file) ? INPUT : OUTPUT;
}

/* The thread of a waiter says whose it is, as in epoll_item.c. */
static void notify(struct waiter *waiter) {
    struct async *async = (struct async *)(void *)waiter->thread;
    atomic_fetch_or(&async->woken, side_of(async, waiter));
    (void)sched_timer_set(&async->timer, 0);
}

static void add(struct poll_table *table, struct wait_queue *queue) {
    struct async *async = ((struct async_table *)table)->async;
    if (async->n_waiters == QUEUES) return;
    struct waiter *waiter = &async->waiters[async->n_waiters++];
    waiter_init(waiter, (struct sched_thread *)(void *)async);
    waiter->notify = notify;
    wait_queue_add(queue, waiter);
}

static void add_host(struct poll_table *table, int host_fd, unsigned events) {
    struct async *async = ((struct async_table *)table)->async;
    const uint32_t wanted = POLLIN | POLLOUT | POLLPRI | POLLRDHUP | (uint32_t)EPOLLET_BIT;
    if (async->host_set >= 0 || scheduler_is_serial(async->file->vfs->scheduler)) return;
    async->host_set = host_ready_new();
    if (async->host_set >= 0) table->err = host_ready_add(async->host_set, host_fd, wanted, 0);
}

static void tell_of(struct async *async, unsigned woken, unsigned events) {
    const unsigned over = events & (POLLHUP | POLLERR);
    if (woken & INPUT && events & POLLPRI) async->tell(async->arg, async->file, async->fd, POLLPRI);
    if (woken & INPUT && events & (POLLIN | POLLRDHUP) && !over) async->tell(async->arg, async->file, async->fd, POLLIN);
    if (woken & OUTPUT && events & POLLOUT && !over) async->tell(async->arg, async->file, async->fd, POLLOUT);
    if (over) async->tell(async->arg, async->file, async->fd, events & POLLHUP ? POLLHUP : POLLERR);
}

static unsigned changed_on_host(const struct async *async) {
    struct host_ready ready;
    if (host_ready_get(async->host_set, &ready, 1) <= 0) return 0;
    return (ready.events & (POLLIN | POLLPRI | POLLRDHUP | POLLHUP | POLLERR) ? INPUT : 0) | (ready.events & POLLOUT ? OUTPUT : 0);
}

static void fire(struct sched_timer *timer) {
    struct async *async = CONTAINER_OF(timer, struct async, timer);
    unsigned woken = atomic_exchange(&async->woken, 0);
    if (async->host_set >= 0) {
        woken |= changed_on_host(async);
        (void)sched_timer_set(timer, scheduler_monotonic_ns(async->file->vfs->scheduler) + PERIOD_NS);
    }
    if (woken) tell_of(async, woken, file_poll(async->file, NULL));
}

/* What is ready already is told of only when more comes. */
static int stand_in_queues(struct async *async, struct sched_thread *self) {
    static const struct poll_table_ops ops = {.add = add, .add_host = add_host};
    struct async_table t = {.table = {.ops = &ops, .events = 0xffff, .self = self}, .async = async};
    (void)file_poll(async->file, &t.table);
    if (async->host_set < 0 || t.table.err) return t.table.err;
    (void)changed_on_host(async);
    return sched_timer_set(&async->timer, scheduler_monotonic_ns(async->file->vfs->scheduler) + PERIOD_NS);
}

static void leave_queues(struct async *async) {
    for (int i = 0; i < async->n_waiters; i++) wait_queue_remove(&async->waiters[i]);
    async->n_waiters = 0;
    sched_timer_cancel(&async->timer);
    if (async->host_set >= 0) host_file_close(async->host_set);
    async->host_set = -1;
}

bool async_can(struct file *file) {
    bool master;
    return file->ops->poll && (file->ops->socket || file_is_pipe(file) || file_tty(file, &master) || file_host_fd(file) >= 0);
}

static int start_locked(struct file *file, struct sched_thread *self, int fd, async_tell *tell, void *arg) {
    struct async *async = calloc(1, sizeof *async);
    if (!async) return -ENOMEM;
    async->file = file;
    async->fd = fd;
    async->tell = tell;
    async->arg = arg;
    async->host_set = -1;
    sched_timer_init(&async->timer, scheduler_timers(file->vfs->scheduler), fire);
    const int r = stand_in_queues(async, self);
    if (r) {
        leave_queues(async);
        free(async);
        return r;
    }
    atomic_store(&file->async, async);
    return 0;
}

int async_start(struct file *file, struct sched_thread *self, int fd, async_tell *tell, void *arg) {
    host_mutex_lock(&file->vfs->watch_lock);
    const int r = atomic_load(&file->async) ? 0 : start_locked(file, self, fd, tell, arg);
    host_mutex_unlock(&file->vfs->watch_lock);
    return r;
}

void async_stop(struct file *file) {
    if (!atomic_load(&file->async)) return;
    host_mutex_lock(&file->vfs->watch_lock);
    struct async *async = atomic_exchange(&file->async, NULL);
    if (async) leave_queues(async);
    host_mutex_unlock(&file->vfs->watch_lock);
    free(async);
}

void async_changed(struct file *file) {
    if (!atomic_load(&file->async)) return;
    host_mutex_lock(&file->vfs->watch_lock);
    struct async *async = atomic_load(&file->async);
    if (async) {
        leave_queues(async);
        (void)stand_in_queues(async, NULL);
    }
    host_mutex_unlock(&file->vfs->watch_lock);
}
