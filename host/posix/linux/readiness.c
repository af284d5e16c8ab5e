/* SPDX-License-Identifier: ISC */
/* Readiness sets by epoll(7). */
#include "host/readiness.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <sys/epoll.h>

enum { MAX_AT_ONCE = 64 };

static int control(int set, int op, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(set, op, fd, &event) < 0 ? host_error_last() : 0;
}

int os_ready_new(void) {
    const int set = epoll_create1(EPOLL_CLOEXEC);
    return set < 0 ? host_error_last() : set;
}

int os_ready_add(int set, int fd, uint32_t events, uint64_t data) {
    return control(set, EPOLL_CTL_ADD, fd, events, data);
}

int os_ready_change(int set, int fd, uint32_t events, uint64_t data) {
    return control(set, EPOLL_CTL_MOD, fd, events, data);
}

int os_ready_remove(int set, int fd) {
    return control(set, EPOLL_CTL_DEL, fd, 0, 0);
}

int os_ready_get(int set, struct host_ready *out, int max) {
    struct epoll_event events[MAX_AT_ONCE];
    const int n = epoll_wait(set, events, max < MAX_AT_ONCE ? max : MAX_AT_ONCE, 0);
    if (n < 0) return host_error_last();
    for (int i = 0; i < n; i++) out[i] = (struct host_ready){events[i].events, events[i].data.u64};
    return n;
}
