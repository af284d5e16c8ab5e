/* SPDX-License-Identifier: ISC */
/* Locks, outermost first: vfs->watch_lock (who watches what; nesting), epoll->control_lock (its items; held while
 * files are asked), a file's own locks and queues, epoll->ready_lock (the list of items to ask). A file's queue calls
 * notify with its lock held; notify takes only ready_lock and the queues of those who wait for the epoll. */
#include "syscall/linux/fs/epoll.h"

#include "base/error.h"
#include "host/file.h"
#include "host/readiness.h"
#include "syscall/linux/fs/vfs_private.h"
#include "syscall/linux/fs/watch.h"

#include <stdlib.h>
#include <uthash.h>

enum { MAX_NESTING = 5, WAITERS_PER_ITEM = 2 };

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

static struct epoll *epoll_of(struct file *file) {
    return (struct epoll *)file;
}

/* A table that registers an item's waiters instead of a thread's. */
struct item_table {
    struct poll_table table;
    struct item *item;
};

/* Puts the item on the ready list. */
static void make_ready(struct item *item) {
    struct epoll *epoll = item->epoll;
    host_mutex_lock(&epoll->ready_lock);
    if (list_empty(&item->ready_node)) list_append(&epoll->ready, &item->ready_node);
    host_mutex_unlock(&epoll->ready_lock);
}

/* The waiters of an item stand in its array; which one it is does not matter, its thread says whose it is. */
static void notify(struct waiter *waiter) {
    struct item *item = (struct item *)(void *)waiter->thread;
    make_ready(item);
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

/* Two items can be for one host descriptor (a guest's dup): the second gets a duplicate of its own. */
static int add_to_host_set(struct item *item, int fd) {
    const int set = item->epoll->host_set;
    int r = host_ready_add(set, fd, item->events, (uintptr_t)item);
    if (r == -EEXIST) {
        fd = host_file_dup(fd);
        if (fd < 0) return fd;
        item->own_host_fd = true;
        r = host_ready_add(set, fd, item->events, (uintptr_t)item);
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

/* Frees an item that is in no hash any more. The caller holds watch_lock and control_lock. */
static void free_item(struct item *item) {
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
        free_item(item);
        return r;
    }
    HASH_ADD(hh, epoll->items, key, sizeof item->key, item);
    if (r > 0) make_ready(item);
    return r;
}

static int remove_item(struct epoll *epoll, struct file *target, int fd) {
    struct item *item = find(epoll, target, fd);
    if (!item) return -ENOENT;
    HASH_DEL(epoll->items, item);
    free_item(item);
    return 0;
}

static int change_item(struct epoll *epoll, struct file *target, int fd, const struct linux_epoll_event *event) {
    struct item *item = find(epoll, target, fd);
    if (!item) return -ENOENT;
    if ((event->events | item->events) & EPOLLEXCLUSIVE) return -EINVAL;
    item->events = event->events | POLLERR | POLLHUP;
    item->data = event->data;
    if (item->host_fd >= 0) {
        const int r = host_ready_change(epoll->host_set, item->host_fd, item->events, (uintptr_t)item);
        if (r || item->n_waiters == 0) return r;
    }
    if (!(file_poll(target, NULL) & item->events)) return 0;
    make_ready(item);
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

void watch_file_gone(struct file *file) {
    if (!atomic_load(&file->watched)) return;
    host_mutex_lock(&file->vfs->watch_lock);
    LIST_FOR_EACH(node, &file->watches) {
        struct item *item = CONTAINER_OF(node, struct item, file_node);
        struct epoll *epoll = item->epoll;
        host_mutex_lock(&epoll->control_lock);
        HASH_DEL(epoll->items, item);
        free_item(item);
        host_mutex_unlock(&epoll->control_lock);
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
        make_ready(item);
    }
    return events;
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
    const int n = host_ready_get(epoll->host_set, ready, max < 64 ? max : 64);
    for (int i = 0; i < n; i++) {
        const struct item *item = (const struct item *)(uintptr_t)ready[i].data;
        out[i] = (struct linux_epoll_event){ready[i].events, item->data};
    }
    return n > 0 ? n : 0;
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
        if (found) make_ready(item);
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
        free_item(item);
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
