/* SPDX-License-Identifier: ISC */
/* Sleeping until woken or until a host descriptor is ready. The thread's event descriptor is polled beside the
 * caller's; sched_wake sets it while poll_fd is published. A set that comes late only makes one sleep return early. */
#include "sched/serial.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { FDS_ON_STACK = 32, POLL_IN = 1 };

static int open_event(struct sched_thread *self) {
    if (self->event_fd >= 0) return 0;
    const int event = host_event_new();
    if (event < 0) return event;
    self->event_fd = event;
    return 0;
}

/* all: the caller's descriptors and, last, the event. */
static int poll_once(struct sched_thread *self, struct host_pollfd *all, int n_all, int64_t deadline_ns) {
    atomic_store(&self->poll_fd, self->event_fd);
    int r = 1;
    const bool woken = atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN;
    const bool interrupted = !woken && atomic_load(&self->interrupted);
    if (!woken && !interrupted) r = host_poll(all, n_all, deadline_ns);
    atomic_store(&self->poll_fd, -1);
    if (r > 0 && all[n_all - 1].revents) host_event_clear(self->event_fd);
    if (interrupted) return -EINTR;
    if (woken || atomic_exchange(&self->token, SCHED_NO_TOKEN) == SCHED_WOKEN) return 0;
    if (r == 0) return -ETIMEDOUT;
    return r > 0 || r == -EINTR ? 0 : r;
}

int sched_block_poll(struct sched_thread *self, struct host_pollfd *fds, int n_fds, int64_t deadline_ns) {
    struct host_pollfd few[FDS_ON_STACK + 1], *all = few;
    if (n_fds == 0) return sched_block(self, deadline_ns);
    if (self->serial) return serial_block_poll(self, fds, n_fds, deadline_ns);
    int r = open_event(self);
    if (r < 0) return r;
    if (n_fds > FDS_ON_STACK) all = malloc(((size_t)n_fds + 1) * sizeof *all);
    if (!all) return -ENOMEM;
    for (int i = 0; i < n_fds; i++) all[i] = (struct host_pollfd){fds[i].fd, fds[i].events, 0};
    all[n_fds] = (struct host_pollfd){self->event_fd, POLL_IN, 0};
    if (self->about_to_sleep && deadline_ns && host_poll(all, n_fds, 0) == 0) sched_tell_sleep(self);
    r = poll_once(self, all, n_fds + 1, deadline_ns);
    for (int i = 0; i < n_fds; i++) fds[i].revents = all[i].revents;
    if (all != few) free(all);
    return r;
}
