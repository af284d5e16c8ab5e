/* SPDX-License-Identifier: ISC */
/* sched_block: a wake before the block is not lost, a deadline ends it, an interruption stays until cleared. */
#include "base/error.h"
#include "host/clock.h"
#include "sched/sched.h"
#include "tests/sched/expect.h"

static void token_is_kept(struct sched_thread *self) {
    sched_wake(self);
    EXPECT(sched_block(self, SCHED_NEVER) == 0);
    sched_wake(self);
    sched_wake(self);
    EXPECT(sched_block(self, SCHED_NEVER) == 0);
    EXPECT(sched_block(self, host_clock_monotonic_ns() + 1000000) == -ETIMEDOUT);
}

static void deadline(struct sched_thread *self) {
    const int64_t at = host_clock_monotonic_ns() + 5000000;
    EXPECT(sched_block(self, at) == -ETIMEDOUT);
    EXPECT(host_clock_monotonic_ns() >= at);
    EXPECT(sched_block(self, 0) == -ETIMEDOUT);
}

static void interruption(struct sched_thread *self) {
    sched_interrupt(self);
    while (sched_block(self, SCHED_NEVER) == 0) {
    }
    EXPECT(sched_block(self, SCHED_NEVER) == -EINTR);
    EXPECT(sched_block_uninterruptible(self, host_clock_monotonic_ns() + 1000000) == -ETIMEDOUT);
    sched_interrupt_clear(self);
    EXPECT(sched_block(self, host_clock_monotonic_ns() + 1000000) == -ETIMEDOUT);
}

static void descriptors(struct sched_thread *self) {
    const int event = host_event_new();
    struct host_pollfd fd = {event, 1, 0};
    EXPECT(event >= 0);
    EXPECT(sched_block_poll(self, &fd, 1, host_clock_monotonic_ns() + 1000000) == -ETIMEDOUT);
    EXPECT(fd.revents == 0);
    host_event_set(event);
    EXPECT(sched_block_poll(self, &fd, 1, SCHED_NEVER) == 0 && fd.revents == 1);
    host_event_clear(event);
    sched_wake(self);
    EXPECT(sched_block_poll(self, &fd, 1, SCHED_NEVER) == 0 && fd.revents == 0);
    sched_interrupt(self);
    while (sched_block_poll(self, &fd, 1, SCHED_NEVER) == 0) {
    }
    EXPECT(sched_block_poll(self, &fd, 1, SCHED_NEVER) == -EINTR);
    sched_interrupt_clear(self);
    host_event_free(event);
}

int main(void) {
    struct sched_thread self;
    sched_thread_init(&self, NULL);
    token_is_kept(&self);
    deadline(&self);
    interruption(&self);
    descriptors(&self);
    sched_thread_fini(&self);
    return 0;
}
