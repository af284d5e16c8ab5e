/* SPDX-License-Identifier: ISC */
/* A set of host descriptors whose readiness the host keeps, with edges and one-shots: what epoll(7) has for them.
 * Events have Linux's numbers, EPOLLET and EPOLLONESHOT included. The set is itself a descriptor for host_poll. */
#pragma once

#include <stdint.h>

struct host_ready {
    uint32_t events;
    uint64_t data;
};

/* Returns a descriptor or -E. host_file_close ends it. */
int host_ready_new(void);
/* -EEXIST: the set has that descriptor already. -EPERM: this kind is always ready. */
int host_ready_add(int set, int fd, uint32_t events, uint64_t data);
int host_ready_change(int set, int fd, uint32_t events, uint64_t data);
int host_ready_remove(int set, int fd);
/* What is ready now, without waiting. Returns the number or -E. */
int host_ready_get(int set, struct host_ready *out, int max);
