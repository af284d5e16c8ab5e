/* SPDX-License-Identifier: ISC */
/* Waiting for several files at once: a table of waiters on wait queues and of host descriptors. A poll table belongs
 * to one thread; poll_table_fini takes every waiter off its queue. */
#pragma once

#include "sched/sched.h"
#include "syscall/linux/abi/poll.h"

#include <stdbool.h>
#include <stddef.h>

struct poll_block;

struct poll_table {
    struct sched_thread *self;       /* borrowed; NULL: waiters carry notify */
    void (*notify)(struct waiter *); /* epoll: called instead of waking self */
    struct poll_block *blocks;       /* owned: chunks of waiters, never moved */
    struct host_pollfd *fds;         /* owned */
    int n_fds, max_fds;
    unsigned events;                 /* what the caller waits for at the file polled now */
    int err;                         /* -ENOMEM once memory ran out */
};

void poll_table_init(struct poll_table *table, struct sched_thread *self);
void poll_table_fini(struct poll_table *table);
/* For the poll function of a file. */
void poll_table_add(struct poll_table *table, struct wait_queue *queue);
void poll_table_add_host(struct poll_table *table, int host_fd, unsigned events);
/* Sleeps until something registered happens. Returns 0 (ask the files again), -ETIMEDOUT, -EINTR or -E. */
int poll_table_wait(struct poll_table *table, int64_t deadline_ns);
