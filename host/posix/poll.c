/* SPDX-License-Identifier: ISC */
/* Waiting for descriptors by poll(2); its events have Linux's numbers wherever this folder's linux/ part is built. */
#include "host/poll.h"
#include "host/os.h"

#include "base/error.h"
#include "host/clock.h"
#include "host/posix/error.h"
#include "host/thread.h"

#include <assert.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

static_assert(sizeof(struct host_pollfd) == sizeof(struct pollfd), "same layout");
static_assert(offsetof(struct host_pollfd, revents) == offsetof(struct pollfd, revents), "same layout");
static_assert(POLLIN == 1 && POLLOUT == 4 && POLLERR == 8 && POLLHUP == 16 && POLLRDHUP == 0x2000, "Linux's numbers");

int os_poll(struct host_pollfd *fds, int n_fds, int64_t deadline_ns) {
    struct timespec left = {0};
    if (deadline_ns != HOST_NEVER) {
        const int64_t ns = deadline_ns - host_clock_monotonic_ns();
        if (ns > 0) left = (struct timespec){ns / 1000000000, ns % 1000000000};
    }
    const int r = ppoll((struct pollfd *)fds, (nfds_t)n_fds, deadline_ns == HOST_NEVER ? NULL : &left, NULL);
    return r < 0 ? host_error_last() : r;
}
