/* SPDX-License-Identifier: ISC */
/* Names of message queues: opening, making, unlinking, limits. */
#include "base/error.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/ipc/mqueue_internal.h"

#include <stdlib.h>
#include <string.h>

/* What a queue counts for RLIMIT_MSGQUEUE: its messages and a node for each. */
static uint64_t cost_of(uint64_t max_messages, uint64_t max_size) {
    enum { MESSAGE_COST = 48, NODE_COST = 48 };
    const uint64_t nodes = max_messages < MQ_PRIO_MAX ? max_messages : MQ_PRIO_MAX;
    return max_messages * (max_size + MESSAGE_COST) + nodes * NODE_COST;
}

static void queue_free(struct mqueue *queue) {
    for (struct mq_message *message = queue->first, *next; message; message = next) {
        next = message->next;
        free(message);
    }
    wait_queue_fini(&queue->senders);
    wait_queue_fini(&queue->receivers);
    host_mutex_fini(&queue->lock);
    free(queue);
}

void mqueue_put(struct mqueue *queue) {
    struct ipc *ipc = queue->ipc;
    if (atomic_fetch_sub_explicit(&queue->refs, 1, memory_order_acq_rel) != 1) return;
    host_mutex_lock(&ipc->mq_lock);
    ipc->mq_count--;
    ipc->mq_bytes -= cost_of(queue->max_messages, queue->max_size);
    host_mutex_unlock(&ipc->mq_lock);
    queue_free(queue);
}

static struct mqueue *find_locked(struct ipc *ipc, const char *name) {
    LIST_FOR_EACH(node, &ipc->mqueues) {
        struct mqueue *queue = CONTAINER_OF(node, struct mqueue, node);
        if (strcmp(queue->name, name) == 0) return queue;
    }
    return NULL;
}

static int check_name(const char *name) {
    if (strlen(name) > MQ_NAME_MAX) return -ENAMETOOLONG;
    const bool no_file = !name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return no_file || strchr(name, '/') ? -EACCES : 0;
}

static int check_attr(const struct ipc_caller *caller, const struct linux_mq_attr *attr) {
    const int64_t max_messages = caller->has_resource ? MQ_HARD_MSG_MAX : MQ_MSG_MAX;
    const int64_t max_size = caller->has_resource ? MQ_HARD_MSGSIZE_MAX : MQ_MSGSIZE_MAX;
    if (attr->maxmsg <= 0 || attr->msgsize <= 0) return -EINVAL;
    return attr->maxmsg > max_messages || attr->msgsize > max_size ? -EINVAL : 0;
}

static int check_limits_locked(const struct ipc_caller *caller, const struct mq_open *open, uint64_t cost) {
    const struct ipc *ipc = caller->ipc;
    if (ipc->mq_count >= MQ_QUEUES_MAX && !caller->has_resource) return -ENOSPC;
    return cost > open->limit || ipc->mq_bytes > open->limit - cost ? -EMFILE : 0;
}

static struct mqueue *make(const struct ipc_caller *caller, const struct mq_open *open, const struct linux_mq_attr *attr) {
    const size_t size = strlen(open->name) + 1;
    struct mqueue *queue = calloc(1, sizeof *queue + size);
    if (!queue) return NULL;
    memcpy(queue->name, open->name, size);
    list_init(&queue->node);
    atomic_init(&queue->refs, 1);
    queue->ipc = caller->ipc;
    queue->uid = caller->uid;
    queue->gid = caller->gid;
    queue->mode = open->mode & 07777;
    queue->max_messages = (uint64_t)attr->maxmsg;
    queue->max_size = (uint64_t)attr->msgsize;
    wait_queue_init(&queue->senders);
    wait_queue_init(&queue->receivers);
    host_mutex_init(&queue->lock);
    return queue;
}

static int create_locked(const struct ipc_caller *caller, const struct mq_open *open, struct mqueue **out) {
    static const struct linux_mq_attr defaults = {.maxmsg = MQ_MSG_MAX, .msgsize = MQ_MSGSIZE_MAX};
    const struct linux_mq_attr *attr = open->attr ? open->attr : &defaults;
    int err = check_attr(caller, attr);
    const uint64_t cost = err ? 0 : cost_of((uint64_t)attr->maxmsg, (uint64_t)attr->msgsize);
    if (!err) err = check_limits_locked(caller, open, cost);
    if (err) return err;
    *out = make(caller, open, attr);
    if (!*out) return -ENOMEM;
    caller->ipc->mq_count++;
    caller->ipc->mq_bytes += cost;
    list_append(&caller->ipc->mqueues, &(*out)->node);
    return 0;
}

/* The mode bits that the access mode needs, for the class of the caller. */
static int check_rights(const struct ipc_caller *caller, const struct mqueue *queue, int flags) {
    static const unsigned needed[] = {4, 2, 6};
    struct ipc_object like = {.perm = {.uid = queue->uid, .cuid = queue->uid, .gid = queue->gid, .cgid = queue->gid, .mode = queue->mode}};
    if ((flags & O_ACCMODE) == O_ACCMODE) return -EINVAL;
    return ipc_allows(caller, &like, needed[flags & O_ACCMODE]) ? 0 : -EACCES;
}

/* The queue with a count for the caller. */
static int open_locked(const struct ipc_caller *caller, const struct mq_open *open, struct mqueue **out) {
    int err = 0;
    *out = find_locked(caller->ipc, open->name);
    if (*out) {
        const int both = O_CREAT | O_EXCL;
        err = (open->flags & both) == both ? -EEXIST : check_rights(caller, *out, open->flags);
    } else {
        err = open->flags & O_CREAT ? create_locked(caller, open, out) : -ENOENT;
    }
    if (!err) atomic_fetch_add_explicit(&(*out)->refs, 1, memory_order_relaxed);
    return err;
}

int mqueue_open(const struct ipc_caller *caller, struct vfs *vfs, const struct mq_open *open, struct file **out) {
    struct mqueue *queue;
    int err = check_name(open->name);
    if (err) return err;
    host_mutex_lock(&caller->ipc->mq_lock);
    err = open_locked(caller, open, &queue);
    if (!err && !queue->ino) queue->ino = vfs_next_ino(vfs);
    host_mutex_unlock(&caller->ipc->mq_lock);
    if (err) return err;
    *out = mqueue_file_new(vfs, queue, open->flags & (O_ACCMODE | O_NONBLOCK));
    mqueue_put(queue);
    return *out ? 0 : -ENOMEM;
}

int mqueue_unlink(const struct ipc_caller *caller, const char *name) {
    struct ipc *ipc = caller->ipc;
    int err = check_name(name);
    if (err) return err;
    host_mutex_lock(&ipc->mq_lock);
    struct mqueue *queue = find_locked(ipc, name);
    if (!queue) err = -ENOENT;
    else if (caller->uid != queue->uid && !caller->is_owner) err = -EPERM;
    if (!err) list_remove(&queue->node);
    host_mutex_unlock(&ipc->mq_lock);
    if (!err) mqueue_put(queue);
    return err;
}
