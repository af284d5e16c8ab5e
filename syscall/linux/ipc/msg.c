/* SPDX-License-Identifier: ISC */
/* Message queues: making, asking, changing, removing. */
#include "syscall/linux/ipc/msg.h"

#include "base/error.h"
#include "syscall/linux/fs/text.h"
#include "syscall/linux/ipc/msg_queue.h"

#include <stdlib.h>

static void queue_free(struct ipc_object *object) {
    struct msg_queue *queue = msg_queue_of(object);
    for (struct msg *msg = queue->first, *next; msg; msg = next) {
        next = msg->next;
        free(msg);
    }
    wait_queue_fini(&queue->senders);
    wait_queue_fini(&queue->receivers);
    free(queue);
}

static int check_any(const struct ipc_object *object, void *arg) {
    return 0;
}

static struct ipc_object *make_queue(struct ipc *ipc, void *arg, int *err) {
    struct msg_queue *queue = calloc(1, sizeof *queue);
    if (!queue) return *err = -ENOMEM, NULL;
    queue->ipc.free = queue_free;
    queue->last = &queue->first;
    queue->max_bytes = MSGMNB;
    wait_queue_init(&queue->senders);
    wait_queue_init(&queue->receivers);
    return &queue->ipc;
}

int64_t msg_get(const struct ipc_caller *caller, int32_t key, int flags) {
    const struct ipc_get get = {.key = key, .flags = flags, .check = check_any, .make = make_queue};
    return ipc_table_get(caller, &caller->ipc->msg, &get);
}

struct msg_queue *msg_find_locked(const struct ipc_caller *caller, int32_t id, unsigned access, int *err) {
    struct ipc_object *object = ipc_find_locked(&caller->ipc->msg, id, err);
    if (!object) return NULL;
    if (!access || ipc_allows(caller, object, access)) return msg_queue_of(object);
    *err = -EACCES;
    return NULL;
}

static struct msg_queue *own_locked(const struct ipc_caller *caller, int32_t id, int *err) {
    struct msg_queue *queue = msg_find_locked(caller, id, 0, err);
    if (!queue || ipc_owns(caller, &queue->ipc)) return queue;
    *err = -EPERM;
    return NULL;
}

int msg_remove(const struct ipc_caller *caller, int32_t id) {
    struct ipc *ipc = caller->ipc;
    int err = 0;
    host_mutex_lock(&ipc->msg.lock);
    struct msg_queue *queue = own_locked(caller, id, &err);
    if (queue) {
        ipc->msg_bytes -= queue->bytes;
        ipc->msg_count -= queue->n;
        ipc_take_out_locked(&ipc->msg, &queue->ipc);
    }
    host_mutex_unlock(&ipc->msg.lock);
    if (!queue) return err;
    wait_queue_wake_all(&queue->senders);
    wait_queue_wake_all(&queue->receivers);
    ipc_object_put(&queue->ipc);
    return 0;
}

/* More room than MSGMNB is for the privileged. */
static int set_locked(const struct ipc_caller *caller, struct msg_queue *queue, const struct linux_msqid_ds *ds) {
    if (ds->qbytes > MSGMNB && !caller->has_resource) return -EPERM;
    const int err = ipc_set_perm_locked(&queue->ipc, &ds->perm);
    if (!err) queue->max_bytes = ds->qbytes;
    return err;
}

int msg_set(const struct ipc_caller *caller, int32_t id, const struct linux_msqid_ds *ds) {
    int err = 0;
    host_mutex_lock(&caller->ipc->msg.lock);
    struct msg_queue *queue = own_locked(caller, id, &err);
    if (queue) err = set_locked(caller, queue, ds);
    if (queue) ipc_object_get(&queue->ipc);
    host_mutex_unlock(&caller->ipc->msg.lock);
    if (!queue) return err;
    wait_queue_wake_all(&queue->senders);
    wait_queue_wake_all(&queue->receivers);
    ipc_object_put(&queue->ipc);
    return err;
}

static struct linux_msqid_ds describe_locked(const struct msg_queue *queue) {
    return (struct linux_msqid_ds){.perm = queue->ipc.perm, .stime = queue->stime, .rtime = queue->rtime,
                                   .ctime = queue->ipc.ctime, .cbytes = queue->bytes, .qnum = queue->n,
                                   .qbytes = queue->max_bytes, .lspid = queue->lspid, .lrpid = queue->lrpid};
}

int64_t msg_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_msqid_ds *out) {
    int err = 0;
    struct ipc_table *table = &caller->ipc->msg;
    host_mutex_lock(&table->lock);
    struct ipc_object *object = cmd == IPC_STAT ? ipc_find_locked(table, id, &err) : ipc_find_index_locked(table, id, &err);
    if (object && cmd != MSG_STAT_ANY && !ipc_allows(caller, object, 0444)) err = -EACCES;
    if (!err) *out = describe_locked(msg_queue_of(object));
    const int64_t r = err || cmd == IPC_STAT ? err : object->id;
    host_mutex_unlock(&table->lock);
    return r;
}

int64_t msg_limits(const struct ipc_caller *caller, int cmd, struct linux_msginfo *out) {
    const struct ipc *ipc = caller->ipc;
    const bool usage = cmd == MSG_INFO;
    *out = (struct linux_msginfo){.msgpool = MSGMNI * (MSGMNB / 1024), .msgmap = MSGMNB, .msgmax = MSGMAX, .msgmnb = MSGMNB,
                                  .msgmni = MSGMNI, .msgssz = 16, .msgtql = MSGMNB, .msgseg = 0xffff};
    host_mutex_lock(&caller->ipc->msg.lock);
    if (usage) {
        out->msgpool = (int32_t)ipc->msg.n_used;
        out->msgmap = (int32_t)ipc->msg_count;
        out->msgtql = (int32_t)ipc->msg_bytes;
    }
    const int32_t highest = ipc_highest_locked(&ipc->msg);
    host_mutex_unlock(&caller->ipc->msg.lock);
    return highest;
}

void msg_show(struct ipc *ipc, struct text *text) {
    text_printf(text, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime"
                      "      rtime      ctime\n");
    host_mutex_lock(&ipc->msg.lock);
    for (uint32_t i = 0; i < ipc->msg.n_slots; i++) {
        if (!ipc->msg.slots[i]) continue;
        const struct linux_msqid_ds ds = describe_locked(msg_queue_of(ipc->msg.slots[i]));
        text_printf(text, "%10d %10d  %4o  %10llu %10llu %5d %5d %5u %5u %5u %5u %10lld %10lld %10lld\n", ds.perm.key,
                    ipc->msg.slots[i]->id, ds.perm.mode, (unsigned long long)ds.cbytes, (unsigned long long)ds.qnum, ds.lspid,
                    ds.lrpid, ds.perm.uid, ds.perm.gid, ds.perm.cuid, ds.perm.cgid, (long long)ds.stime, (long long)ds.rtime,
                    (long long)ds.ctime);
    }
    host_mutex_unlock(&ipc->msg.lock);
}
