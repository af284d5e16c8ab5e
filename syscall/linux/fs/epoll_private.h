/* SPDX-License-Identifier: ISC */
/* The inside of an epoll, for epoll.c and epoll_item.c only.
 * Locks, outermost first: vfs->watch_lock (who watches what; nesting), epoll->control_lock (its items; held while
 * files are asked), a file's own locks and queues, epoll->ready_lock (the list of items to ask). A file's queue calls
 * an item's notify with its lock held; notify takes only ready_lock and the queues of those who wait for the epoll. */
#pragma once

#include "syscall/linux/fs/epoll.h"

#include <string.h>
#include <uthash.h>

enum { WAITERS_PER_ITEM = 2 };

struct epoll;

struct item_key {
    struct file *file; /* not counted: the file's end takes the item off */
    int64_t fd;
};

struct item {
    struct item_key key;
    UT_hash_handle hh;       /* epoll->items */
    struct epoll *epoll;     /* borrowed: the epoll outlives its items */
    struct list file_node;   /* file->watches; guarded by vfs->watch_lock */
    uint32_t events;         /* guarded by control_lock; 0 below the flags: a one-shot that has fired */
    uint64_t data;           /* guarded by control_lock */
    int host_fd;             /* guarded by control_lock: in the host's set; -1: a file of ours */
    bool own_host_fd;        /* host_fd is a duplicate to be closed */
    struct list ready_node;  /* guarded by ready_lock */
    struct waiter waiters[WAITERS_PER_ITEM]; /* on the file's queues */
    int n_waiters;
};

struct epoll {
    struct file file;
    struct wait_queue wait;       /* who waits for events: threads, epolls that watch this one */
    struct host_mutex control_lock;
    struct item *items;           /* guarded by control_lock and watch_lock for changes, by either for reading */
    int host_set;                 /* immutable; owned: host readiness set */
    _Atomic bool uses_host;       /* atomic: set once something is in host_set */
    struct host_mutex ready_lock;
    struct list ready;            /* guarded by ready_lock; struct item.ready_node */
};

static inline struct epoll *epoll_of(struct file *file) {
    return (struct epoll *)file;
}

/* Puts the item on the ready list. */
void epoll_item_make_ready(struct item *item);
/* Registers with the file once more, which wakes its waiters in another way now. The locks as below. */
void epoll_item_register_again(struct item *item);
/* Takes the item off everything but the hash and frees it. The caller holds watch_lock and control_lock. */
void epoll_item_free(struct item *item);
