/* SPDX-License-Identifier: ISC */
/* Sleeping and waking. In parallel mode: one word per thread, slept on by the host's futex or, when host descriptors
 * must wake it too, by the host's poll with an event descriptor.
 * Invariant: a wake between "nothing to do" and the sleep is never lost, because the word is tested by the host in
 * the same step that falls asleep, and poll_fd is published before the word is tested. */
#include "sched/serial.h"

#include "base/error.h"

void sched_thread_init(struct sched_thread *thread, struct scheduler *scheduler) {
    thread->scheduler = scheduler;
    thread->serial = NULL;
    atomic_init(&thread->token, SCHED_NO_TOKEN);
    atomic_init(&thread->interrupted, 0);
    atomic_init(&thread->poll_fd, -1);
    thread->event_fd = -1;
    thread->about_to_sleep = NULL;
}

void sched_thread_fini(struct sched_thread *thread) {
    if (thread->event_fd >= 0) host_event_free(thread->event_fd);
    thread->event_fd = -1;
}

/* Takes the token if there is one; the thread is awake afterwards in any case. */
static bool take_token(struct sched_thread *self) {
    return atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN;
}

void sched_tell_sleep(struct sched_thread *self) {
    void (*const tell)(struct sched_thread *) = self->about_to_sleep;
    self->about_to_sleep = NULL;
    if (tell) tell(self);
}

/* Says that the thread is going to sleep. False when a token is there already. */
static bool fall_asleep(struct sched_thread *self) {
    uint32_t expect = SCHED_NO_TOKEN;
    return atomic_compare_exchange_strong(&self->token, &expect, SCHED_ASLEEP);
}

static int block(struct sched_thread *self, int64_t deadline_ns, bool interruptible) {
    if (self->serial) return serial_block(self, deadline_ns, interruptible);
    for (;;) {
        if (take_token(self)) return 0;
        if (interruptible && atomic_load(&self->interrupted)) return -EINTR;
        if (self->about_to_sleep) {
            sched_tell_sleep(self);
            continue;
        }
        if (!fall_asleep(self)) continue;
        if (host_futex_wait(&self->token, SCHED_ASLEEP, deadline_ns) == -ETIMEDOUT) {
            return take_token(self) ? 0 : -ETIMEDOUT;
        }
    }
}

int sched_block(struct sched_thread *self, int64_t deadline_ns) {
    return block(self, deadline_ns, true);
}

int sched_block_uninterruptible(struct sched_thread *self, int64_t deadline_ns) {
    return block(self, deadline_ns, false);
}

void sched_wake(struct sched_thread *thread) {
    if (atomic_exchange(&thread->token, SCHED_WOKEN) == SCHED_ASLEEP) {
        if (thread->serial) serial_make_ready(thread);
        else host_futex_wake(&thread->token, 1);
    }
    const int event = atomic_load(&thread->poll_fd);
    if (event >= 0) host_event_set(event);
}

void sched_wake_later(struct sched_thread *thread, struct sched_wakes *wakes) {
    if (wakes->n == SCHED_WAKES || thread->serial) {
        sched_wake(thread);
        return;
    }
    if (atomic_exchange(&thread->token, SCHED_WOKEN) == SCHED_ASLEEP) wakes->word[wakes->n++] = &thread->token;
    const int event = atomic_load(&thread->poll_fd);
    if (event >= 0) host_event_set(event);
}

void sched_wakes_send(struct sched_wakes *wakes) {
    for (unsigned i = 0; i < wakes->n; i++) host_futex_wake(wakes->word[i], 1);
    wakes->n = 0;
}

void sched_interrupt(struct sched_thread *thread) {
    atomic_store(&thread->interrupted, 1);
    sched_wake(thread);
}

void sched_interrupt_clear(struct sched_thread *thread) {
    atomic_store(&thread->interrupted, 0);
}

void sched_interrupt_self(struct sched_thread *self) {
    atomic_store(&self->interrupted, 1);
}
