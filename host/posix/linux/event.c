/* SPDX-License-Identifier: ISC */
/* The event descriptor by eventfd(2). */
#include "host/poll.h"

#include "host/posix/error.h"

#include <sys/eventfd.h>
#include <unistd.h>

int host_event_new(void) {
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? host_error_last() : fd;
}

void host_event_free(int event) {
    close(event);
}

/* A counter that is full is set already, so a refused write loses nothing. */
void host_event_set(int event) {
    (void)!eventfd_write(event, 1);
}

void host_event_clear(int event) {
    eventfd_t count;
    (void)!eventfd_read(event, &count);
}
