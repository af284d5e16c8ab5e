/* SPDX-License-Identifier: ISC */
/* A pool of threads uses a thread again that has returned, runs as many at once as are asked for, and may be freed under running ones. */
#include "host/thread.h"

#include <criterion/criterion.h>

enum { MANY = 40 };

struct job {
    _Atomic uint32_t done, go;
    void *_Atomic thread;
};

static _Thread_local char mark;

static void say(_Atomic uint32_t *word) {
    atomic_store(word, 1);
    host_futex_wake(word, INT32_MAX);
}

static void await(_Atomic uint32_t *word) {
    while (!atomic_load(word)) host_futex_wait(word, 0, HOST_NEVER);
}

static void run(void *arg) {
    struct job *job = arg;
    atomic_store(&job->thread, &mark);
    await(&job->go);
    say(&job->done);
}

/* It rests a moment after it has said that it is done. */
Test(thread_pool, used_again) {
    struct host_thread_pool *pool = host_thread_pool_new();
    bool again = false;
    void *last = NULL;
    for (int i = 0; i < 10000 && !again; i++) {
        struct job job = {.go = 1};
        cr_assert_eq(host_thread_pool_start(pool, run, &job), 0);
        await(&job.done);
        again = job.thread == last;
        last = job.thread;
        host_thread_yield();
    }
    cr_expect(again);
    host_thread_pool_free(pool);
}

Test(thread_pool, many_at_once) {
    static struct job jobs[MANY];
    struct host_thread_pool *pool = host_thread_pool_new();
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MANY; i++) {
            atomic_store(&jobs[i].go, 0);
            atomic_store(&jobs[i].done, 0);
            cr_assert_eq(host_thread_pool_start(pool, run, &jobs[i]), 0);
        }
        for (int i = 0; i < MANY; i++) say(&jobs[i].go);
        for (int i = 0; i < MANY; i++) await(&jobs[i].done);
    }
    host_thread_pool_free(pool);
}

Test(thread_pool, freed_under_a_running_one) {
    static struct job job;
    struct host_thread_pool *pool = host_thread_pool_new();
    cr_assert_eq(host_thread_pool_start(pool, run, &job), 0);
    host_thread_pool_free(pool);
    say(&job.go);
    await(&job.done);
}
