/* SPDX-License-Identifier: ISC */
/* Events of poll(2) and epoll(7), and the structures of poll, select and epoll. */
#pragma once

#include <stdint.h>

enum poll_events {
    POLLIN = 0x001, POLLPRI = 0x002, POLLOUT = 0x004, POLLERR = 0x008, POLLHUP = 0x010, POLLNVAL = 0x020,
    POLLRDNORM = 0x040, POLLRDBAND = 0x080, POLLWRNORM = 0x100, POLLWRBAND = 0x200, POLLMSG = 0x400,
    POLLRDHUP = 0x2000,
};

struct linux_pollfd {
    int32_t fd;
    int16_t events, revents;
};

#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP (1u << 29)
#define EPOLLONESHOT (1u << 30)
#define EPOLLET (1u << 31)

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };

struct linux_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));
_Static_assert(sizeof(struct linux_epoll_event) == 12, "struct epoll_event");

enum { LINUX_FD_SETSIZE = 1024 };
