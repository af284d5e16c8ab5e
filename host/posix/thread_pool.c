/* SPDX-License-Identifier: ISC */
/* Threads that rest between two uses: waking one costs a fraction of making one. The one that came last is taken first, its stack is
 * warm. The pool belongs to its owner and to each of its threads, so it goes with the last of them. */
#include "host/thread.h"

#include "base/error.h"

#include <stdlib.h>

enum { RESTING_MAX = 16 }; /* each keeps some pages of stack */

/* On the thread's own stack. */
struct worker {
    struct host_thread_pool *pool;
    void (*fn)(void *arg);
    void *arg;
    /* guarded by pool->lock */
    struct worker *next;
    _Atomic uint32_t woken; /* atomic, futex word: set when it is out of the list and fn is there, or is NULL */
};

struct host_thread_pool {
    struct host_mutex lock;
    _Atomic uint32_t refs;
    /* guarded by lock */
    struct worker *resting;
    int n_resting;
    bool closed;
};

struct host_thread_pool *host_thread_pool_new(void) {
    struct host_thread_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    host_mutex_init(&pool->lock);
    atomic_init(&pool->refs, 1);
    return pool;
}

static void put(struct host_thread_pool *pool) {
    if (atomic_fetch_sub(&pool->refs, 1) > 1) return;
    host_mutex_fini(&pool->lock);
    free(pool);
}

static struct worker *take_locked(struct host_thread_pool *pool) {
    struct worker *worker = pool->resting;
    if (!worker) return NULL;
    pool->resting = worker->next;
    pool->n_resting--;
    return worker;
}

/* The worker may be gone as soon as the word is set. */
static void wake(struct worker *worker, void (*fn)(void *arg), void *arg) {
    worker->fn = fn;
    worker->arg = arg;
    atomic_store(&worker->woken, 1);
    host_futex_wake(&worker->woken, 1);
}

/* Returns false when the thread is to end. */
static bool rest(struct worker *self) {
    struct host_thread_pool *pool = self->pool;
    atomic_store(&self->woken, 0);
    host_mutex_lock(&pool->lock);
    const bool stay = !pool->closed && pool->n_resting < RESTING_MAX;
    if (stay) {
        self->next = pool->resting;
        pool->resting = self;
        pool->n_resting++;
    }
    host_mutex_unlock(&pool->lock);
    while (stay && !atomic_load(&self->woken)) host_futex_wait(&self->woken, 0, HOST_NEVER);
    return stay && self->fn;
}

static void work(void *arg) {
    struct worker self = *(struct worker *)arg;
    free(arg);
    do {
        self.fn(self.arg);
    } while (rest(&self));
    put(self.pool);
}

static int start_worker(struct host_thread_pool *pool, void (*fn)(void *arg), void *arg) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) return -ENOMEM;
    *worker = (struct worker){.pool = pool, .fn = fn, .arg = arg};
    atomic_fetch_add(&pool->refs, 1);
    const int r = host_thread_start(work, worker);
    if (r == 0) return 0;
    free(worker);
    put(pool);
    return r;
}

int host_thread_pool_start(struct host_thread_pool *pool, void (*fn)(void *arg), void *arg) {
    host_mutex_lock(&pool->lock);
    struct worker *worker = take_locked(pool);
    host_mutex_unlock(&pool->lock);
    if (!worker) return start_worker(pool, fn, arg);
    wake(worker, fn, arg);
    return 0;
}

void host_thread_pool_before_fork(struct host_thread_pool *pool) {
    host_mutex_lock(&pool->lock);
}

/* Those who rest are not in the child. */
void host_thread_pool_after_fork(struct host_thread_pool *pool, bool is_child, bool is_own) {
    if (is_child) {
        pool->resting = NULL;
        pool->n_resting = 0;
        atomic_store(&pool->refs, is_own ? 2 : 1);
    }
    host_mutex_unlock(&pool->lock);
}

void host_thread_pool_free(struct host_thread_pool *pool) {
    if (!pool) return;
    host_mutex_lock(&pool->lock);
    pool->closed = true;
    host_mutex_unlock(&pool->lock);
    for (;;) {
        host_mutex_lock(&pool->lock);
        struct worker *worker = take_locked(pool);
        host_mutex_unlock(&pool->lock);
        if (!worker) break;
        wake(worker, NULL, NULL);
    }
    put(pool);
}
