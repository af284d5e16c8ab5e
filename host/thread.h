/* SPDX-License-Identifier: ISC */
/* Host threads, mutexes, and the one primitive to sleep on a word. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Storage for the host's own mutex; host/<os>/thread.c asserts the size. */
struct host_mutex {
    _Alignas(16) unsigned char opaque[64];
};

void host_mutex_init(struct host_mutex *mutex);
void host_mutex_fini(struct host_mutex *mutex);
void host_mutex_lock(struct host_mutex *mutex);
bool host_mutex_trylock(struct host_mutex *mutex);
void host_mutex_unlock(struct host_mutex *mutex);

#define HOST_NEVER INT64_MAX

/* Sleeps while *word == expect, until woken or until deadline_ns (absolute, host_clock_monotonic_ns()).
 * Returns 0 woken (possibly spuriously) or word differs; -ETIMEDOUT. A host signal is not reported. */
int host_futex_wait(_Atomic uint32_t *word, uint32_t expect, int64_t deadline_ns);
/* Wakes up to n sleepers. */
void host_futex_wake(_Atomic uint32_t *word, int n);

struct host_thread; /* owned by whoever created it, until joined or detached */

/* Starts fn(arg) on a new detached thread with all host signals but the kick blocked. Returns 0, -EAGAIN, -ENOMEM. */
int host_thread_start(void (*fn)(void *arg), void *arg);

/* The same on threads that are kept for further use when fn has returned, a few of them. fn leaves a thread as it found it. Any thread. */
struct host_thread_pool;
struct host_thread_pool *host_thread_pool_new(void);
/* Does not wait: threads that rest end, those that run do when fn has returned. Nobody starts one any more. */
/* Around a fork of our process while no thread of the pool is at work, or (is_own) the caller alone. */
void host_thread_pool_before_fork(struct host_thread_pool *pool);
void host_thread_pool_after_fork(struct host_thread_pool *pool, bool is_child, bool is_own);
void host_thread_pool_free(struct host_thread_pool *pool);
int host_thread_pool_start(struct host_thread_pool *pool, void (*fn)(void *arg), void *arg);

/* An address of the calling thread to kick it by; valid while the thread lives. */
struct host_kick {
    _Alignas(8) unsigned char opaque[16];
};
/* Once per process: installs the do-nothing handler that lets a kick interrupt blocking host calls. */
void host_kick_init(void);
void host_kick_self(struct host_kick *out);
/* Makes a blocking host call of that thread return early (-EINTR). The thread must be alive. */
void host_kick_send(const struct host_kick *kick);

void host_thread_yield(void);
int host_cpu_count(void);
/* The processor that the calling thread runs on right now, 0 when the host does not say. */
int host_cpu_current(void);
