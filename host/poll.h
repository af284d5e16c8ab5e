/* SPDX-License-Identifier: ISC */
/* Waiting for host descriptors, and an event descriptor to end such a wait from another thread. */
#pragma once

#include <stdint.h>

/* As poll(2) has it: event bits in Linux's numbers (POLLIN 1, POLLPRI 2, POLLOUT 4, POLLERR 8, POLLHUP 16, POLLNVAL 32,
 * POLLRDNORM 64, POLLRDHUP 0x2000). A negative fd is skipped. */
struct host_pollfd {
    int fd;
    short events;
    short revents;
};

/* Waits until a descriptor is ready or until deadline_ns (absolute, host_clock_monotonic_ns(); HOST_NEVER = no limit;
 * in the past = only look). Fills revents. Returns the number of ready descriptors, 0 at the deadline, or -E;
 * -EINTR when a host signal came. */
int host_poll(struct host_pollfd *fds, int n_fds, int64_t deadline_ns);

/* A host descriptor that is readable from host_event_set on until host_event_clear. new returns it or -E. */
int host_event_new(void);
void host_event_free(int event);
void host_event_set(int event);
void host_event_clear(int event);
