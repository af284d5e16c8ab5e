/* SPDX-License-Identifier: ISC */
/* A System V message queue. Everything but the wait queues is guarded by ipc->msg.lock. For msg*.c only. */
#pragma once

#include "base/list.h"
#include "sched/sched.h"
#include "syscall/linux/ipc/ipc_table.h"
#include "syscall/linux/ipc/msg.h"

struct msg_queue {
    struct ipc_object ipc;
    struct msg *first, **last; /* owned, oldest first; where the next one goes */
    uint64_t n, bytes, max_bytes;
    int64_t stime, rtime;
    int32_t lspid, lrpid;
    struct wait_queue senders, receivers;
};

static inline struct msg_queue *msg_queue_of(struct ipc_object *object) {
    return CONTAINER_OF(object, struct msg_queue, ipc);
}

/* The queue, if the caller has these rights to it (0: whoever); NULL and *err. */
struct msg_queue *msg_find_locked(const struct ipc_caller *caller, int32_t id, unsigned access, int *err);
