/* SPDX-License-Identifier: ISC */
/* A POSIX message queue. Counted: its name holds one, each open file one. For mqueue*.c only. */
#pragma once

#include "base/list.h"
#include "syscall/linux/ipc/ipc_table.h"
#include "syscall/linux/ipc/mqueue.h"

struct mqueue {
    struct list node;          /* guarded by ipc->mq_lock: ipc->mqueues; alone once unlinked */
    struct ipc *ipc;           /* borrowed: it outlives all files */
    _Atomic uint32_t refs;
    uint32_t uid, gid, mode;   /* immutable, as the next two */
    uint64_t max_messages, max_size;
    uint64_t ino;
    struct wait_queue senders, receivers;
    struct host_mutex lock;
    /* guarded by lock */
    struct mq_message *first;  /* owned; highest priority first, oldest first among equals */
    uint64_t n, bytes;
    uint32_t n_receiving;      /* threads inside mqueue_receive */
    struct mq_notice notice;
    const struct file *notice_file; /* by which it was asked for; only compared */
    char name[];               /* immutable */
};

struct mqueue_file {
    struct file file;
    struct mqueue *queue;      /* counted */
};

static inline struct mqueue *mqueue_of(struct file *file) {
    return ((struct mqueue_file *)file)->queue;
}

void mqueue_put(struct mqueue *queue);
/* A new open file; takes its own count. NULL without memory. */
struct file *mqueue_file_new(struct vfs *vfs, struct mqueue *queue, int flags);
