/* SPDX-License-Identifier: ISC */
/* The items of an epoll: how a watched file is registered with, and what epoll_ctl(2) does. */
#include "syscall/linux/fs/epoll_private.h"

#include "base/error.h"
#include "host/file.h"
#include "host/readiness.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>

enum { MAX_NESTING = 5 };

/* A table that registers an item's waiters instead of a thread's. */
struct item_table {
    struct poll_table table;
    struct item *item;
};

void epoll_item_make_ready(struct item *item) {
    struct epoll *epoll = item->epoll;
    host_mutex_lock(&epoll->ready_lock);
    if (list_empty(&item->ready_node)) list_append(&epoll->ready, &item->ready_node);
    host_mutex_unlock(&epoll->ready_lock);
}

/* The waiters of an item stand in its array; which one it is does not matter, its thread says whose it is. */
static void notify(struct waiter *waiter) {
    struct item *item = (struct item *)(void *)waiter->thread;
    epoll_item_make_ready(item);
    wait_queue_wake(&item->epoll->wait);
}

static void add_waiter(struct poll_table *table, struct wait_queue *queue) {
    struct item *item = ((struct item_table *)table)->item;
    if (item->n_waiters == WAITERS_PER_ITEM) {
        table->err = -ENOMEM;
        return;
    }
    struct waiter *waiter = &item->waiters[item->n_waiters++];
    waiter_init(waiter, (struct sched_thread *)(void *)item);
    waiter->notify = notify;
    waiter->exclusive = (item->events & EPOLLEXCLUSIVE) != 0;
    wait_queue_add(queue, waiter);
}

/* An item that the machine can wake, too, is only asked when the host reports it: once a change, for what is ready stays
 * on the ready list. */
static uint32_t host_events(const struct item *item) {
    return item->n_waiters ? (item->events & 0xffff) | EPOLLET : item->events;
}

/* Two items can be for one host descriptor (a guest's dup): the second gets a duplicate of its own. */
static int add_to_host_set(struct item *item, int fd) {
    const int set = item->epoll->host_set;
    int r = host_ready_add(set, fd, host_events(item), (uintptr_t)item);
    if (r == -EEXIST) {
        fd = host_file_dup(fd);
        if (fd < 0) return fd;
        item->own_host_fd = true;
        r = host_ready_add(set, fd, host_events(item), (uintptr_t)item);
        if (r) host_file_close(fd);
    }
    if (r) return r;
    item->host_fd = fd;
    /* Who sleeps on our own queue alone must watch the set from now on. */
    if (!atomic_exchange(&item->epoll->uses_host, true)) wait_queue_wake_all(&item->epoll->wait);
    return 0;
}

static void add_host(struct poll_table *table, int host_fd, unsigned events) {
    struct item *item = ((struct item_table *)table)->item;
    if (item->host_fd < 0) table->err = add_to_host_set(item, host_fd);
}

static const struct poll_table_ops item_table_ops = {.add = add_waiter, .add_host = add_host};

/* Registers the item with its file. Returns the events ready now, or -E. */
static int register_item(struct item *item) {
    struct item_table t = {.table = {.ops = &item_table_ops, .events = 0xffff}, .item = item};
    const unsigned events = file_poll(item->key.file, &t.table);
    if (t.table.err) return t.table.err;
    const bool host_only = item->host_fd >= 0 && item->n_waiters == 0;
    return host_only ? 0 : (int)(events & item->events & 0xffff);
}

void epoll_item_register_again(struct item *item) {
    for (int i = 0; i < item->n_waiters; i++) wait_queue_remove(&item->waiters[i]);
    item->n_waiters = 0;
    (void)register_item(item);
    epoll_item_make_ready(item);
}

void epoll_item_free(struct item *item) {
    struct epoll *epoll = item->epoll;
    list_remove(&item->file_node);
    for (int i = 0; i < item->n_waiters; i++) wait_queue_remove(&item->waiters[i]);
    host_mutex_lock(&epoll->ready_lock);
    list_remove(&item->ready_node);
    host_mutex_unlock(&epoll->ready_lock);
    if (item->host_fd >= 0) {
        host_ready_remove(epoll->host_set, item->host_fd);
        if (item->own_host_fd) host_file_close(item->host_fd);
    }
    free(item);
}

static struct item *find(struct epoll *epoll, struct file *file, int fd) {
    struct item_key key;
    struct item *item;
    memset(&key, 0, sizeof key);
    key.file = file;
    key.fd = fd;
    HASH_FIND(hh, epoll->items, &key, sizeof key, item);
    return item;
}

/* Depth of epolls below this one, itself counted; more than MAX_NESTING if `sought` is among them. */
static int depth_below(struct epoll *epoll, const struct file *sought, int depth) {
    if (&epoll->file == sought || depth > MAX_NESTING) return MAX_NESTING + 1;
    int deepest = depth;
    for (struct item *item = epoll->items; item; item = item->hh.next) {
        if (!file_is_epoll(item->key.file)) continue;
        const int below = depth_below(epoll_of(item->key.file), sought, depth + 1);
        if (below > deepest) deepest = below;
    }
    return deepest;
}

/* Number of epolls above this one, itself counted. */
static int height_above(struct epoll *epoll, int height) {
    int highest = height;
    if (height > MAX_NESTING) return height;
    LIST_FOR_EACH(node, &epoll->file.watches) {
        struct item *item = CONTAINER_OF(node, struct item, file_node);
        const int above = height_above(item->epoll, height + 1);
        if (above > highest) highest = above;
    }
    return highest;
}

static int check_nesting(struct epoll *epoll, struct file *target) {
    if (!file_is_epoll(target)) return 0;
    const int below = depth_below(epoll_of(target), &epoll->file, 1);
    return below > MAX_NESTING || below + height_above(epoll, 1) > MAX_NESTING ? -ELOOP : 0;
}

static int add_item(struct epoll *epoll, struct file *target, int fd, const struct linux_epoll_event *event) {
    if (find(epoll, target, fd)) return -EEXIST;
    int r = check_nesting(epoll, target);
    if (r) return r;
    struct item *item = calloc(1, sizeof *item);
    if (!item) return -ENOMEM;
    item->key.file = target;
    item->key.fd = fd;
    item->epoll = epoll;
    item->events = event->events | POLLERR | POLLHUP;
    item->data = event->data;
    item->host_fd = -1;
    list_init(&item->ready_node);
    list_init(&item->file_node);
    list_append(&target->watches, &item->file_node);
    atomic_store(&target->watched, true);
    r = register_item(item);
    if (r < 0) {
        epoll_item_free(item);
        return r;
    }
    HASH_ADD(hh, epoll->items, key, sizeof item->key, item);
    if (r > 0) epoll_item_make_ready(item);
    return r;
}

static int remove_item(struct epoll *epoll, struct file *target, int fd) {
    struct item *item = find(epoll, target, fd);
    if (!item) return -ENOENT;
    HASH_DEL(epoll->items, item);
    epoll_item_free(item);
    return 0;
}

static int change_item(struct epoll *epoll, struct file *target, int fd, const struct linux_epoll_event *event) {
    struct item *item = find(epoll, target, fd);
    if (!item) return -ENOENT;
    if ((event->events | item->events) & EPOLLEXCLUSIVE) return -EINVAL;
    item->events = event->events | POLLERR | POLLHUP;
    item->data = event->data;
    if (item->host_fd >= 0) {
        const int r = host_ready_change(epoll->host_set, item->host_fd, host_events(item), (uintptr_t)item);
        if (r || item->n_waiters == 0) return r;
    }
    if (!(file_poll(target, NULL) & item->events)) return 0;
    epoll_item_make_ready(item);
    return 1;
}

static int check_control(struct file *epoll, int op, struct file *target, const struct linux_epoll_event *event) {
    const uint32_t allowed_exclusive = EPOLLEXCLUSIVE | POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET;
    if (!target->ops->poll) return -EPERM;
    if (!file_is_epoll(epoll) || epoll == target) return -EINVAL;
    if (op != EPOLL_CTL_DEL && event->events & EPOLLEXCLUSIVE) {
        if (op == EPOLL_CTL_MOD || file_is_epoll(target) || event->events & ~allowed_exclusive) return -EINVAL;
    }
    return 0;
}

int epoll_control(struct file *file, int op, struct file *target, int fd, const struct linux_epoll_event *event) {
    int r = check_control(file, op, target, event);
    if (r) return r;
    struct epoll *epoll = epoll_of(file);
    host_mutex_lock(&file->vfs->watch_lock);
    host_mutex_lock(&epoll->control_lock);
    switch (op) {
    case EPOLL_CTL_ADD: r = add_item(epoll, target, fd, event); break;
    case EPOLL_CTL_MOD: r = change_item(epoll, target, fd, event); break;
    case EPOLL_CTL_DEL: r = remove_item(epoll, target, fd); break;
    default: r = -EINVAL;
    }
    host_mutex_unlock(&epoll->control_lock);
    host_mutex_unlock(&file->vfs->watch_lock);
    if (r > 0) wait_queue_wake(&epoll->wait);
    return r < 0 ? r : 0;
}

