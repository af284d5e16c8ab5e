/* SPDX-License-Identifier: ISC */
/* Sending and receiving messages: attempts with the lock held, sleep in between. */
#include "base/error.h"
#include "syscall/linux/fs/io.h"
#include "syscall/linux/ipc/msg_queue.h"

#include <stdlib.h>
#include <string.h>

struct transfer {
    const struct ipc_caller *caller;
    struct msg_queue *queue; /* counted */
    struct msg *msg;         /* to send, or received */
    int64_t type;
    uint64_t max;
    int flags;
    bool taken;              /* the queue has the message, or has lost one */
};

static int64_t try_send_locked(struct transfer *t) {
    struct msg_queue *queue = t->queue;
    struct ipc *ipc = t->caller->ipc;
    if (queue->ipc.removed) return -EIDRM;
    if (!ipc_allows(t->caller, &queue->ipc, 0222)) return -EACCES;
    const bool fits = t->msg->size + queue->bytes <= queue->max_bytes && queue->n + 1 <= queue->max_bytes;
    if (!fits) return -EAGAIN;
    *queue->last = t->msg;
    queue->last = &t->msg->next;
    queue->n++;
    queue->bytes += t->msg->size;
    ipc->msg_count++;
    ipc->msg_bytes += t->msg->size;
    queue->lspid = t->caller->pid;
    queue->stime = ipc_now(&queue->ipc);
    t->taken = true;
    return 0;
}

static int64_t try_send(void *arg) {
    struct transfer *t = arg;
    host_mutex_lock(&t->caller->ipc->msg.lock);
    const int64_t r = try_send_locked(t);
    host_mutex_unlock(&t->caller->ipc->msg.lock);
    return r;
}

static bool matches(const struct transfer *t, const struct msg *msg) {
    if (t->type == 0) return true;
    if (t->type < 0) return msg->type <= -t->type;
    return (msg->type == t->type) != ((t->flags & MSG_EXCEPT) != 0);
}

/* Where the pointer to the message to take is; NULL: there is none. The lowest type when type is negative. */
static struct msg **choose_locked(const struct transfer *t) {
    struct msg **best = NULL;
    int64_t place = 0;
    for (struct msg **at = &t->queue->first; *at; at = &(*at)->next) {
        if (t->flags & MSG_COPY) {
            if (place++ == t->type) return at;
        } else if (matches(t, *at)) {
            if (!best || (*at)->type < (*best)->type) best = at;
            if (t->type >= 0) break;
        }
    }
    return best;
}

static int copy_of(const struct msg *msg, struct msg **out) {
    *out = malloc(sizeof *msg + msg->size);
    if (!*out) return -ENOMEM;
    memcpy(*out, msg, sizeof *msg + msg->size);
    return 0;
}

static void take_locked(struct transfer *t, struct msg **at) {
    struct msg_queue *queue = t->queue;
    struct msg *msg = *at;
    *at = msg->next;
    if (!*at) queue->last = at;
    queue->n--;
    queue->bytes -= msg->size;
    t->caller->ipc->msg_count--;
    t->caller->ipc->msg_bytes -= msg->size;
    queue->lrpid = t->caller->pid;
    queue->rtime = ipc_now(&queue->ipc);
    t->msg = msg;
    t->taken = true;
}

static int64_t try_receive_locked(struct transfer *t) {
    if (t->queue->ipc.removed) return -EIDRM;
    if (!ipc_allows(t->caller, &t->queue->ipc, 0444)) return -EACCES;
    struct msg **at = choose_locked(t);
    if (!at) return -EAGAIN;
    if ((*at)->size > t->max && !(t->flags & MSG_NOERROR)) return -E2BIG;
    if (t->flags & MSG_COPY) return copy_of(*at, &t->msg);
    take_locked(t, at);
    return 0;
}

static int64_t try_receive(void *arg) {
    struct transfer *t = arg;
    host_mutex_lock(&t->caller->ipc->msg.lock);
    const int64_t r = try_receive_locked(t);
    host_mutex_unlock(&t->caller->ipc->msg.lock);
    return r;
}

static struct msg_queue *hold(const struct ipc_caller *caller, int32_t id, int *err) {
    host_mutex_lock(&caller->ipc->msg.lock);
    struct msg_queue *queue = msg_find_locked(caller, id, 0, err);
    if (queue) ipc_object_get(&queue->ipc);
    host_mutex_unlock(&caller->ipc->msg.lock);
    return queue;
}

/* These calls are not restarted after a handler, whatever SA_RESTART says. */
static int not_restarted(int64_t r) {
    return r == -ERESTARTSYS ? -ERESTARTNOHAND : (int)r;
}

int msg_send(const struct ipc_caller *caller, int32_t id, struct msg *msg, int flags) {
    struct transfer t = {.caller = caller, .msg = msg, .flags = flags};
    int err = 0;
    t.queue = hold(caller, id, &err);
    if (t.queue) {
        const int64_t r = wait_until(&t.queue->senders, caller->self, flags & IPC_NOWAIT, SCHED_NEVER, try_send, &t);
        err = not_restarted(r);
        if (t.taken) wait_queue_wake_all(&t.queue->receivers);
        ipc_object_put(&t.queue->ipc);
    }
    if (!t.taken) free(msg);
    return err;
}

int msg_receive(const struct ipc_caller *caller, int32_t id, int64_t type, uint64_t max, int flags, struct msg **out) {
    struct transfer t = {.caller = caller, .type = type == INT64_MIN ? INT64_MIN + 1 : type, .max = max, .flags = flags};
    int err = 0;
    t.queue = hold(caller, id, &err);
    if (!t.queue) return err;
    const int64_t r = wait_until(&t.queue->receivers, caller->self, flags & IPC_NOWAIT, SCHED_NEVER, try_receive, &t);
    if (t.taken) wait_queue_wake_all(&t.queue->senders);
    ipc_object_put(&t.queue->ipc);
    *out = t.msg;
    return r == -EAGAIN ? -ENOMSG : not_restarted(r);
}
