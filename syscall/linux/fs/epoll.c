/* SPDX-License-Identifier: ISC */
/* Waiting for the events of an epoll, and its life as a file. Locks: see epoll_private.h. */
#include "syscall/linux/fs/epoll_private.h"

#include "base/error.h"
#include "host/file.h"
#include "host/readiness.h"
#include "syscall/linux/fs/async.h"
#include "syscall/linux/fs/vfs_private.h"
#include "syscall/linux/fs/watch.h"

#include <stdlib.h>

void watch_file_gone(struct file *file) {
    if (!atomic_load(&file->watched)) return;
    host_mutex_lock(&file->vfs->watch_lock);
    LIST_FOR_EACH(node, &file->watches) {
        struct item *item = CONTAINER_OF(node, struct item, file_node);
        struct epoll *epoll = item->epoll;
        host_mutex_lock(&epoll->control_lock);
        HASH_DEL(epoll->items, item);
        epoll_item_free(item);
        host_mutex_unlock(&epoll->control_lock);
    }
    host_mutex_unlock(&file->vfs->watch_lock);
}

void watch_file_changed(struct file *file) {
    async_changed(file);
    if (!atomic_load(&file->watched)) return;
    host_mutex_lock(&file->vfs->watch_lock);
    LIST_FOR_EACH(node, &file->watches) {
        struct item *item = CONTAINER_OF(node, struct item, file_node);
        struct epoll *epoll = item->epoll;
        host_mutex_lock(&epoll->control_lock);
        epoll_item_register_again(item);
        host_mutex_unlock(&epoll->control_lock);
        wait_queue_wake(&epoll->wait);
    }
    host_mutex_unlock(&file->vfs->watch_lock);
}

/* The next item to ask, off the ready list; NULL at `last`'s end. The caller holds control_lock. */
static struct item *take_ready(struct epoll *epoll) {
    struct item *item = NULL;
    host_mutex_lock(&epoll->ready_lock);
    if (!list_empty(&epoll->ready)) {
        item = CONTAINER_OF(epoll->ready.next, struct item, ready_node);
        list_remove(&item->ready_node);
    }
    host_mutex_unlock(&epoll->ready_lock);
    return item;
}

static int n_ready(struct epoll *epoll) {
    int n = 0;
    host_mutex_lock(&epoll->ready_lock);
    LIST_FOR_EACH(node, &epoll->ready) n++;
    host_mutex_unlock(&epoll->ready_lock);
    return n;
}

/* Events of an item after it was asked: 0 = not ready after all. One-shots go to sleep, levels stay on the list. */
static uint32_t ask(struct item *item) {
    if (!(item->events & 0xffff & ~(uint32_t)(POLLERR | POLLHUP)) && item->events & EPOLLONESHOT) return 0;
    const uint32_t events = file_poll(item->key.file, NULL) & item->events & 0xffff;
    if (!events) return 0;
    if (item->events & EPOLLONESHOT) {
        item->events &= EPOLLONESHOT | EPOLLET;
    } else if (!(item->events & EPOLLET)) {
        epoll_item_make_ready(item);
    }
    return events;
}

/* An item that may have been asked just now, and is on the ready list then. */
static uint32_t ask_once(struct item *item) {
    host_mutex_lock(&item->epoll->ready_lock);
    const bool listed = !list_empty(&item->ready_node);
    host_mutex_unlock(&item->epoll->ready_lock);
    return listed ? 0 : ask(item);
}

static int collect_own(struct epoll *epoll, struct linux_epoll_event *out, int max) {
    int n = 0;
    for (int left = n_ready(epoll); left > 0 && n < max; left--) {
        struct item *item = take_ready(epoll);
        if (!item) break;
        const uint32_t events = ask(item);
        if (events) out[n++] = (struct linux_epoll_event){events, item->data};
    }
    return n;
}

static int collect_host(struct epoll *epoll, struct linux_epoll_event *out, int max) {
    struct host_ready ready[64];
    if (!atomic_load(&epoll->uses_host) || max <= 0) return 0;
    const int n_host = host_ready_get(epoll->host_set, ready, max < 64 ? max : 64);
    int n = 0;
    for (int i = 0; i < n_host; i++) {
        struct item *item = (struct item *)(uintptr_t)ready[i].data;
        const uint32_t events = item->n_waiters ? ask_once(item) : ready[i].events;
        if (events) out[n++] = (struct linux_epoll_event){events, item->data};
    }
    return n;
}

static int collect(struct epoll *epoll, struct linux_epoll_event *out, int max) {
    host_mutex_lock(&epoll->control_lock);
    int n = collect_own(epoll, out, max);
    n += collect_host(epoll, out + n, max - n);
    host_mutex_unlock(&epoll->control_lock);
    return n;
}

static int sleep_for_events(struct epoll *epoll, int64_t deadline_ns, struct sched_thread *self) {
    if (!atomic_load(&epoll->uses_host)) return sched_block(self, deadline_ns);
    struct host_pollfd poll = {.fd = epoll->host_set, .events = POLLIN};
    return sched_block_poll(self, &poll, 1, deadline_ns);
}

int epoll_wait_events(struct file *file, struct linux_epoll_event *out, int max, int64_t deadline_ns,
                      struct sched_thread *self) {
    struct epoll *epoll = epoll_of(file);
    int n = collect(epoll, out, max);
    if (n == 0) {
        struct waiter waiter;
        int slept = 0;
        waiter_init(&waiter, self);
        waiter.exclusive = true;
        wait_queue_add(&epoll->wait, &waiter);
        while ((n = collect(epoll, out, max)) == 0 && slept == 0) slept = sleep_for_events(epoll, deadline_ns, self);
        wait_queue_remove(&waiter);
        if (n == 0 && slept != -ETIMEDOUT) n = slept;
    }
    /* Whoever leaves passes a wake-up on that may have been meant for another. */
    if (n_ready(epoll)) wait_queue_wake(&epoll->wait);
    return n;
}

/* Ready if any item is: asked without taking anything off the list for good. */
static bool any_ready(struct epoll *epoll) {
    bool found = false;
    host_mutex_lock(&epoll->control_lock);
    for (int left = n_ready(epoll); left > 0 && !found; left--) {
        struct item *item = take_ready(epoll);
        if (!item) break;
        found = (file_poll(item->key.file, NULL) & item->events & 0xffff) != 0;
        if (found) epoll_item_make_ready(item);
    }
    struct host_pollfd poll = {.fd = epoll->host_set, .events = POLLIN};
    if (!found && atomic_load(&epoll->uses_host)) found = host_poll(&poll, 1, 0) > 0;
    host_mutex_unlock(&epoll->control_lock);
    return found;
}

static unsigned epoll_poll(struct file *file, struct poll_table *table) {
    struct epoll *epoll = epoll_of(file);
    poll_table_add(table, &epoll->wait);
    poll_table_add_host(table, epoll->host_set, POLLIN);
    return any_ready(epoll) ? POLLIN | POLLRDNORM : 0;
}

static void epoll_release(struct file *file) {
    struct epoll *epoll = epoll_of(file);
    host_mutex_lock(&file->vfs->watch_lock);
    host_mutex_lock(&epoll->control_lock);
    struct item *item, *next;
    HASH_ITER(hh, epoll->items, item, next) {
        HASH_DEL(epoll->items, item);
        epoll_item_free(item);
    }
    host_mutex_unlock(&epoll->control_lock);
    host_mutex_unlock(&file->vfs->watch_lock);
    host_file_close(epoll->host_set);
    wait_queue_fini(&epoll->wait);
    host_mutex_fini(&epoll->control_lock);
    host_mutex_fini(&epoll->ready_lock);
    file_fini(file);
    free(epoll);
}

static const struct file_ops ops = {
    .kind = "anon_inode:[eventpoll]", .poll = epoll_poll, .release = epoll_release,
};

bool file_is_epoll(const struct file *file) {
    return file->ops == &ops;
}

int epoll_file_new(struct vfs *vfs, struct file **out) {
    struct epoll *epoll = calloc(1, sizeof *epoll);
    const int set = epoll ? host_ready_new() : -ENOMEM;
    if (set < 0) {
        free(epoll);
        return set;
    }
    epoll->host_set = set;
    file_init(&epoll->file, vfs, &ops, O_RDWR);
    wait_queue_init(&epoll->wait);
    host_mutex_init(&epoll->control_lock);
    host_mutex_init(&epoll->ready_lock);
    list_init(&epoll->ready);
    *out = &epoll->file;
    return 0;
}
