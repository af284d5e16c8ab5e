/* SPDX-License-Identifier: ISC */
/* Waiting for several files at once: a table of waiters on wait queues and of host descriptors. A poll table belongs
 * to one thread; poll_table_fini takes every waiter off its queue. */
#pragma once

#include "sched/sched.h"
#include "syscall/linux/abi/poll.h"

#include <stdbool.h>
#include <stddef.h>

struct poll_block;
struct poll_table;

struct poll_table_ops {
    void (*add)(struct poll_table *table, struct wait_queue *queue);
    void (*add_host)(struct poll_table *table, int host_fd, unsigned events);
};

struct poll_table {
    const struct poll_table_ops *ops; /* a waiting thread's own, or epoll's */
    unsigned events;                  /* what the caller waits for at the file polled now */
    int err;                          /* -ENOMEM once memory ran out */
    struct sched_thread *self;        /* borrowed */
    struct poll_block *blocks;        /* owned: waiters; they never move */
    struct host_pollfd *fds;          /* owned */
    int n_fds, max_fds;
};

void poll_table_init(struct poll_table *table, struct sched_thread *self);
void poll_table_fini(struct poll_table *table);

/* For the poll function of a file: wake the caller when the queue is woken, when the host descriptor has one of
 * events (or an error, or a hang-up). table may be NULL: nothing happens. */
static inline void poll_table_add(struct poll_table *table, struct wait_queue *queue) {
    if (table) table->ops->add(table, queue);
}

static inline void poll_table_add_host(struct poll_table *table, int host_fd, unsigned events) {
    if (table) table->ops->add_host(table, host_fd, events);
}

/* Sleeps until something registered happens. Returns 0 (ask the files again), -ETIMEDOUT, -EINTR or -E. */
int poll_table_wait(struct poll_table *table, int64_t deadline_ns);
