/* SPDX-License-Identifier: ISC */
/* The poll table of a thread that waits itself. A host descriptor that reports only what nobody asked for (a hang-up
 * under select, say) is not waited for again: such states last, and would turn the wait into a loop. */
#include "syscall/linux/fs/poll.h"

#include "base/error.h"

#include <stdlib.h>

enum { BLOCK_WAITERS = 14 };

struct poll_block {
    struct poll_block *next;
    int n;
    struct waiter waiters[BLOCK_WAITERS];
};

static void add(struct poll_table *table, struct wait_queue *queue) {
    struct poll_block *block = table->blocks;
    if (!block || block->n == BLOCK_WAITERS) {
        block = malloc(sizeof *block);
        if (!block) {
            table->err = -ENOMEM;
            return;
        }
        block->next = table->blocks;
        block->n = 0;
        table->blocks = block;
    }
    struct waiter *waiter = &block->waiters[block->n++];
    waiter_init(waiter, table->self);
    wait_queue_add(queue, waiter);
}

static void add_host(struct poll_table *table, int host_fd, unsigned events) {
    if (table->n_fds == table->max_fds) {
        const int max = table->max_fds ? 2 * table->max_fds : 8;
        struct host_pollfd *fds = realloc(table->fds, (size_t)max * sizeof *fds);
        if (!fds) {
            table->err = -ENOMEM;
            return;
        }
        table->fds = fds;
        table->max_fds = max;
    }
    table->fds[table->n_fds++] = (struct host_pollfd){.fd = host_fd, .events = (short)events};
}

static const struct poll_table_ops ops = {.add = add, .add_host = add_host};

void poll_table_init(struct poll_table *table, struct sched_thread *self) {
    *table = (struct poll_table){.ops = &ops, .self = self};
}

void poll_table_fini(struct poll_table *table) {
    while (table->blocks) {
        struct poll_block *block = table->blocks;
        table->blocks = block->next;
        for (int i = 0; i < block->n; i++) wait_queue_remove(&block->waiters[i]);
        free(block);
    }
    free(table->fds);
}

static void drop_lasting_states(struct poll_table *table) {
    for (int i = 0; i < table->n_fds; i++) {
        struct host_pollfd *fd = &table->fds[i];
        if (fd->fd >= 0 && fd->revents && !(fd->revents & fd->events)) fd->fd = -1;
    }
}

int poll_table_wait(struct poll_table *table, int64_t deadline_ns) {
    if (table->err) return table->err;
    if (table->n_fds == 0) return sched_block(table->self, deadline_ns);
    const int r = sched_block_poll(table->self, table->fds, table->n_fds, deadline_ns);
    if (r == 0) drop_lasting_states(table);
    return r;
}
