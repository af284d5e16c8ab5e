/* SPDX-License-Identifier: ISC */
/* The counter of eventfd(2): a read takes it (or one of it), a write adds; neither passes 0 or UINT64_MAX - 1. */
#include "syscall/linux/fs/event.h"

#include "base/error.h"

#include <stdlib.h>

struct event_file {
    struct file file;
    struct wait_queue wait;
    bool semaphore;         /* immutable */
    struct host_mutex lock;
    uint64_t counter;       /* guarded by lock */
};

struct attempt {
    struct event_file *event;
    uint64_t value;
};

static int64_t try_read(void *arg) {
    struct attempt *a = arg;
    struct event_file *event = a->event;
    host_mutex_lock(&event->lock);
    a->value = event->semaphore && event->counter ? 1 : event->counter;
    event->counter -= a->value;
    host_mutex_unlock(&event->lock);
    if (a->value == 0) return -EAGAIN;
    wait_queue_wake(&event->wait);
    return 0;
}

static int64_t event_read(struct file *file, struct io *io) {
    struct attempt a = {.event = (struct event_file *)file};
    if (io->left < sizeof a.value) return -EINVAL;
    const int64_t r = wait_until(&a.event->wait, io->self, io->nonblock, SCHED_NEVER, try_read, &a);
    if (r) return r;
    return io_push(io, &a.value, sizeof a.value) == sizeof a.value ? 8 : -EFAULT;
}

static int64_t try_write(void *arg) {
    const struct attempt *a = arg;
    struct event_file *event = a->event;
    host_mutex_lock(&event->lock);
    const bool room = a->value < UINT64_MAX - event->counter;
    if (room) event->counter += a->value;
    host_mutex_unlock(&event->lock);
    if (!room) return -EAGAIN;
    wait_queue_wake(&event->wait);
    return 0;
}

static int64_t event_write(struct file *file, struct io *io) {
    struct attempt a = {.event = (struct event_file *)file};
    if (io->left < sizeof a.value) return -EINVAL;
    if (io_pull(io, &a.value, sizeof a.value) != sizeof a.value) return -EFAULT;
    if (a.value == UINT64_MAX) return -EINVAL;
    const int64_t r = wait_until(&a.event->wait, io->self, io->nonblock, SCHED_NEVER, try_write, &a);
    return r ? r : 8;
}

static unsigned event_poll(struct file *file, struct poll_table *table) {
    struct event_file *event = (struct event_file *)file;
    unsigned events = 0;
    poll_table_add(table, &event->wait);
    host_mutex_lock(&event->lock);
    if (event->counter) events |= POLLIN | POLLRDNORM;
    if (event->counter < UINT64_MAX - 1) events |= POLLOUT | POLLWRNORM;
    host_mutex_unlock(&event->lock);
    return events;
}

static void event_release(struct file *file) {
    struct event_file *event = (struct event_file *)file;
    wait_queue_fini(&event->wait);
    host_mutex_fini(&event->lock);
    file_fini(file);
    free(event);
}

static const struct file_ops ops = {
    .kind = "anon_inode:[eventfd]", .read = event_read, .write = event_write, .poll = event_poll,
    .release = event_release,
};

struct file *event_file_new(struct vfs *vfs, unsigned initial, int flags) {
    struct event_file *event = calloc(1, sizeof *event);
    if (!event) return NULL;
    file_init(&event->file, vfs, &ops, O_RDWR | (flags & O_NONBLOCK));
    wait_queue_init(&event->wait);
    host_mutex_init(&event->lock);
    event->semaphore = (flags & EFD_SEMAPHORE) != 0;
    event->counter = initial;
    return &event->file;
}
