/* SPDX-License-Identifier: ISC */
/* Calls of outside_more.def that stand alone: polls, descriptors that are closed or mapped, and facts. */
#include "host/door_private.h"

#include "base/error.h"
#include "host/backing.h"
#include "host/thread.h"

#include <stdlib.h>

enum { POLLS_ON_STACK = 64, CPUS_MAX = 8192 };

void host_file_close(int fd) {
    struct host_door *const door = host_door_current;
    if (door) door->ops->closed(door, fd);
    if (!door || !door->replays) os_file_close(door ? host_door_native(fd) : fd);
}

void host_file_sync_all(void) {
    if (!host_door_current || !host_door_current->replays) os_file_sync_all();
}

void host_signal_stop_self(void) {
    if (!host_door_current || !host_door_current->replays) os_signal_stop_self();
}

int host_backing_dup(int fd) {
    struct host_door *const door = host_door_current;
    return door && fd >= HOST_DOOR_DESCRIPTORS ? door->ops->backing(door, fd) : os_backing_dup(fd);
}

int host_notify_new(void) {
    struct host_door *const door = host_door_current;
    if (!door) return os_notify_new();
    return (int)door_result(door, HOST_CALL_notify_new, door->replays ? 0 : door_descriptor(os_notify_new()));
}

int host_cpu_count(void) {
    struct host_door *const door = host_door_current;
    if (!door) return os_cpu_count();
    const int64_t n = door_result(door, HOST_CALL_cpu_count, door->replays ? 0 : os_cpu_count());
    return n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : (int)n;
}

uint64_t host_limit_core(void) {
    struct host_door *const door = host_door_current;
    if (!door) return os_limit_core();
    return (uint64_t)door_result(door, HOST_CALL_limit_core, door->replays ? 0 : (int64_t)os_limit_core());
}

struct host_user host_user_self(void) {
    struct host_door *const door = host_door_current;
    struct host_user user = {0};
    if (!door || !door->replays) user = os_user_self();
    if (!door) return user;
    door_result(door, HOST_CALL_user_self, 0);
    door_filled(door, &user, sizeof user);
    return user;
}

/* The events are filled; the numbers of the descriptors are the system's on the way. */
static int64_t poll_native(struct host_door *door, struct host_pollfd *fds, int n, int64_t deadline_ns) {
    for (int i = 0; i < n; i++) fds[i].fd = host_door_native(fds[i].fd);
    if (deadline_ns) door->ops->waits(door, true);
    const int64_t r = os_poll(fds, n, deadline_ns);
    if (deadline_ns) door->ops->waits(door, false);
    return r;
}

static int poll_through(struct host_door *door, struct host_pollfd *fds, struct host_pollfd *copy, int16_t *events, int n,
                        int64_t deadline_ns) {
    int64_t r = 0;
    for (int i = 0; i < n; i++) copy[i] = fds[i];
    if (!door->replays) r = poll_native(door, copy, n, deadline_ns);
    for (int i = 0; i < n; i++) events[i] = r > 0 ? copy[i].revents : 0;
    r = door_result(door, HOST_CALL_poll, r);
    if (r > 0) door_filled(door, events, n * (int64_t)sizeof *events);
    for (int i = 0; i < n; i++) fds[i].revents = r > 0 ? events[i] : 0;
    return (int)r;
}

int host_poll(struct host_pollfd *fds, int n_fds, int64_t deadline_ns) {
    struct host_door *const door = host_door_current;
    struct host_pollfd few[POLLS_ON_STACK];
    int16_t few_events[POLLS_ON_STACK];
    if (!door) return os_poll(fds, n_fds, deadline_ns);
    if (n_fds <= POLLS_ON_STACK) return poll_through(door, fds, few, few_events, n_fds, deadline_ns);
    struct host_pollfd *copy = malloc((size_t)n_fds * (sizeof *copy + sizeof(int16_t)));
    if (!copy) return -ENOMEM;
    const int r = poll_through(door, fds, copy, (int16_t *)(copy + n_fds), n_fds, deadline_ns);
    free(copy);
    return r;
}
