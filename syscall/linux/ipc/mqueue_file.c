/* SPDX-License-Identifier: ISC */
/* An open message queue: what can be done with it as with any file, sending and receiving, the one registration for news. */
#include "base/error.h"
#include "syscall/linux/ipc/mqueue_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_SIZE = 80 };

static unsigned poll_queue(struct file *file, struct poll_table *table) {
    struct mqueue *queue = mqueue_of(file);
    unsigned events = 0;
    poll_table_add(table, &queue->receivers);
    poll_table_add(table, &queue->senders);
    host_mutex_lock(&queue->lock);
    if (queue->n) events |= POLLIN | POLLRDNORM;
    if (queue->n < queue->max_messages) events |= POLLOUT | POLLWRNORM;
    host_mutex_unlock(&queue->lock);
    return events;
}

static int stat_queue(struct file *file, struct linux_stat *out) {
    const struct mqueue *queue = mqueue_of(file);
    *out = (struct linux_stat){.dev = dev_make(0, 19), .ino = queue->ino, .nlink = 1, .mode = S_IFREG | queue->mode,
                               .uid = queue->uid, .gid = queue->gid, .size = STATUS_SIZE, .blksize = 4096};
    return 0;
}

/* A line about the queue, as a file of mqueue's file system has it. */
static int64_t read_status(struct file *file, struct io *io) {
    struct mqueue *queue = mqueue_of(file);
    char line[STATUS_SIZE + 1];
    host_mutex_lock(&queue->lock);
    const bool asked = queue->notice.pid != 0;
    const int n = snprintf(line, sizeof line, "QSIZE:%-10llu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", (unsigned long long)queue->bytes,
                           asked && !queue->notice.signo ? 1 : 0, asked ? queue->notice.signo : 0, queue->notice.pid);
    host_mutex_unlock(&queue->lock);
    const bool own = io->offset == IO_AT_POSITION;
    const int64_t at = own ? file->position : io->offset;
    if (at >= n) return 0;
    const size_t moved = io_push(io, line + at, (size_t)(n - at));
    if (own) file->position += (int64_t)moved;
    return io_result(io, io->fault ? -EFAULT : 0);
}

static void release(struct file *file) {
    struct mqueue *queue = mqueue_of(file);
    host_mutex_lock(&queue->lock);
    if (queue->notice_file == file) queue->notice = (struct mq_notice){0};
    host_mutex_unlock(&queue->lock);
    mqueue_put(queue);
    file_fini(file);
    free(file);
}

static const struct file_ops ops = {
    .kind = "mqueue", .seekable = true, .read = read_status, .poll = poll_queue, .stat = stat_queue, .release = release,
};

bool file_is_mqueue(const struct file *file) {
    return file->ops == &ops;
}

struct file *mqueue_file_new(struct vfs *vfs, struct mqueue *queue, int flags) {
    struct mqueue_file *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    file_init(&made->file, vfs, &ops, flags);
    made->queue = queue;
    atomic_fetch_add_explicit(&queue->refs, 1, memory_order_relaxed);
    return &made->file;
}

struct transfer {
    struct mqueue *queue;
    struct mq_message *message;
    struct mq_notice notice;
};

/* Behind all that are not less important. */
static void insert_locked(struct mqueue *queue, struct mq_message *message) {
    struct mq_message **at = &queue->first;
    while (*at && (*at)->priority >= message->priority) at = &(*at)->next;
    message->next = *at;
    *at = message;
    queue->n++;
    queue->bytes += message->size;
}

static int64_t try_send(void *arg) {
    struct transfer *t = arg;
    struct mqueue *queue = t->queue;
    host_mutex_lock(&queue->lock);
    const bool room = queue->n < queue->max_messages;
    if (room && !queue->n && !queue->n_receiving) {
        t->notice = queue->notice;
        queue->notice = (struct mq_notice){0};
        queue->notice_file = NULL;
    }
    if (room) insert_locked(queue, t->message);
    host_mutex_unlock(&queue->lock);
    if (room) wait_queue_wake(&queue->receivers);
    return room ? 0 : -EAGAIN;
}

static bool never_waits(const struct file *file) {
    return atomic_load(&file->flags) & O_NONBLOCK;
}

int mqueue_send(const struct ipc_caller *caller, struct file *file, struct mq_message *message, int64_t deadline_ns,
                struct mq_notice *notice) {
    struct transfer t = {.queue = mqueue_of(file), .message = message};
    const int64_t r = message->size > t.queue->max_size ? -EMSGSIZE
                                                        : wait_until(&t.queue->senders, caller->self, never_waits(file), deadline_ns, try_send, &t);
    if (r) free(message);
    *notice = t.notice;
    return (int)r;
}

static int64_t try_receive(void *arg) {
    struct transfer *t = arg;
    struct mqueue *queue = t->queue;
    host_mutex_lock(&queue->lock);
    struct mq_message *message = queue->first;
    if (message) {
        queue->first = message->next;
        queue->n--;
        queue->bytes -= message->size;
    }
    host_mutex_unlock(&queue->lock);
    t->message = message;
    if (message) wait_queue_wake(&queue->senders);
    return message ? 0 : -EAGAIN;
}

static void count_receiving(struct mqueue *queue, int change) {
    host_mutex_lock(&queue->lock);
    queue->n_receiving += (uint32_t)change;
    host_mutex_unlock(&queue->lock);
}

int mqueue_receive(const struct ipc_caller *caller, struct file *file, uint64_t size, int64_t deadline_ns, struct mq_message **out) {
    struct transfer t = {.queue = mqueue_of(file)};
    if (size < t.queue->max_size) return -EMSGSIZE;
    int64_t r = try_receive(&t);
    if (r == -EAGAIN && !never_waits(file)) {
        count_receiving(t.queue, 1);
        r = wait_until(&t.queue->receivers, caller->self, false, deadline_ns, try_receive, &t);
        count_receiving(t.queue, -1);
    }
    *out = t.message;
    return (int)r;
}

int mqueue_notify(const struct ipc_caller *caller, struct file *file, const struct mq_notice *notice) {
    struct mqueue *queue = mqueue_of(file);
    int err = 0;
    host_mutex_lock(&queue->lock);
    if (notice->pid && queue->notice.pid) {
        err = -EBUSY;
    } else if (notice->pid || queue->notice.pid == caller->pid) {
        queue->notice = *notice;
        queue->notice_file = notice->pid ? file : NULL;
    }
    host_mutex_unlock(&queue->lock);
    return err;
}

void mqueue_get_attr(struct file *file, struct linux_mq_attr *out) {
    struct mqueue *queue = mqueue_of(file);
    host_mutex_lock(&queue->lock);
    *out = (struct linux_mq_attr){.flags = atomic_load(&file->flags) & O_NONBLOCK, .maxmsg = (int64_t)queue->max_messages,
                                  .msgsize = (int64_t)queue->max_size, .curmsgs = (int64_t)queue->n};
    host_mutex_unlock(&queue->lock);
}

uint64_t mqueue_message_size(struct file *file) {
    return mqueue_of(file)->max_size;
}
