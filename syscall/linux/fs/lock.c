/* SPDX-License-Identifier: ISC */
/* The lock table: per file identity a list of held ranges. Ranges of one owner never overlap and never touch with
 * the same type. Whoever waits sleeps on one queue for all: locks are given back rarely. */
#include "syscall/linux/fs/lock.h"

#include "base/error.h"
#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/walk.h"

#include <stdlib.h>
#include <uthash.h>

struct held {
    struct list node;
    struct lock_request range;
};

struct locked_file {
    uint64_t key[2]; /* dev, ino */
    struct list held;
    UT_hash_handle hh;
};

/* Who waits for whom, for EDEADLK. On the waiter's stack. */
struct lock_waiter {
    struct list node;
    const void *owner, *blocked_by;
};

struct lock_table {
    _Atomic uint32_t n_held;       /* atomic: lets close skip the search when nobody locks */
    struct wait_queue released;
    struct host_mutex lock;
    struct locked_file *files;     /* guarded by lock */
    struct list waiting;           /* guarded by lock; struct lock_waiter.node */
};

struct lock_table *lock_table_new(void) {
    struct lock_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    wait_queue_init(&table->released);
    host_mutex_init(&table->lock);
    list_init(&table->waiting);
    return table;
}

void lock_table_free(struct lock_table *table) {
    if (!table) return;
    wait_queue_fini(&table->released);
    host_mutex_fini(&table->lock);
    free(table);
}

static bool same_owner(const struct lock_request *a, const struct lock_request *b) {
    return a->family == b->family && a->owner == b->owner;
}

static bool overlap(const struct lock_request *a, const struct lock_request *b) {
    return a->start <= b->end && b->start <= a->end;
}

/* Record locks and description locks exclude each other; whole-file locks are a world of their own. */
static bool conflict(const struct lock_request *a, const struct lock_request *b) {
    if ((a->family == LOCK_WHOLE) != (b->family == LOCK_WHOLE)) return false;
    if (same_owner(a, b) || !overlap(a, b)) return false;
    return a->type == F_WRLCK || b->type == F_WRLCK;
}

static struct locked_file *find_locked(struct lock_table *table, const uint64_t key[2]) {
    struct locked_file *entry;
    HASH_FIND(hh, table->files, key, sizeof entry->key, entry);
    return entry;
}

static struct locked_file *find_or_add_locked(struct lock_table *table, const uint64_t key[2]) {
    struct locked_file *entry = find_locked(table, key);
    if (entry) return entry;
    entry = calloc(1, sizeof *entry);
    if (!entry) return NULL;
    memcpy(entry->key, key, sizeof entry->key);
    list_init(&entry->held);
    HASH_ADD(hh, table->files, key, sizeof entry->key, entry);
    return entry;
}

static const struct lock_request *conflict_locked(const struct locked_file *entry, const struct lock_request *request) {
    if (!entry) return NULL;
    LIST_FOR_EACH(node, &entry->held) {
        const struct held *held = CONTAINER_OF(node, struct held, node);
        if (conflict(&held->range, request)) return &held->range;
    }
    return NULL;
}

static void drop_held_locked(struct lock_table *table, struct held *held) {
    list_remove(&held->node);
    free(held);
    atomic_fetch_sub(&table->n_held, 1);
}

static void add_held_locked(struct lock_table *table, struct locked_file *entry, struct held *held) {
    list_append(&entry->held, &held->node);
    atomic_fetch_add(&table->n_held, 1);
}

/* Cuts the owner's ranges out of [start, end]; *spare becomes the second half of a range cut in two. */
static void cut_locked(struct lock_table *table, struct locked_file *entry, const struct lock_request *request,
                       struct held **spare) {
    LIST_FOR_EACH(node, &entry->held) {
        struct held *held = CONTAINER_OF(node, struct held, node);
        struct lock_request *range = &held->range;
        if (!same_owner(range, request) || !overlap(range, request)) continue;
        const bool before = range->start < request->start, after = range->end > request->end;
        if (before && after) {
            (*spare)->range = *range;
            (*spare)->range.start = request->end + 1;
            range->end = request->start - 1;
            add_held_locked(table, entry, *spare);
            *spare = NULL;
        } else if (before) {
            range->end = request->start - 1;
        } else if (after) {
            range->start = request->end + 1;
        } else {
            drop_held_locked(table, held);
        }
    }
}

/* Joins ranges of the owner that touch `fresh` and have its type. */
static void join_locked(struct lock_table *table, struct locked_file *entry, struct held *fresh) {
    LIST_FOR_EACH(node, &entry->held) {
        struct held *held = CONTAINER_OF(node, struct held, node);
        struct lock_request *range = &held->range;
        if (held == fresh || !same_owner(range, &fresh->range) || range->type != fresh->range.type) continue;
        if (range->end != INT64_MAX && range->end + 1 == fresh->range.start) {
            fresh->range.start = range->start;
        } else if (fresh->range.end != INT64_MAX && fresh->range.end + 1 == range->start) {
            fresh->range.end = range->end;
        } else {
            continue;
        }
        drop_held_locked(table, held);
    }
}

static void forget_if_empty_locked(struct lock_table *table, struct locked_file *entry) {
    if (!list_empty(&entry->held)) return;
    HASH_DEL(table->files, entry);
    free(entry);
}

struct attempt {
    struct lock_table *table;
    struct lock_request request;
    uint64_t key[2];
    struct held *fresh, *spare; /* owned until they are in the list */
    struct lock_waiter waiter;
    bool wait;
};

/* Would waiting for `other` close a circle of owners that wait for each other? */
static bool deadlock_locked(const struct lock_table *table, const void *self, const void *other) {
    for (int steps = 0; other && steps < 64; steps++) {
        if (other == self) return true;
        const void *next = NULL;
        LIST_FOR_EACH(node, &table->waiting) {
            const struct lock_waiter *waiter = CONTAINER_OF(node, struct lock_waiter, node);
            if (waiter->owner == other) next = waiter->blocked_by;
        }
        other = next;
    }
    return false;
}

static int64_t blocked_locked(struct attempt *a, const struct lock_request *by) {
    if (!a->wait) return -EAGAIN;
    if (a->request.family == LOCK_RECORD && by->family == LOCK_RECORD &&
        deadlock_locked(a->table, a->request.owner, by->owner)) {
        return -EDEADLK;
    }
    a->waiter.owner = a->request.family == LOCK_RECORD ? a->request.owner : NULL;
    a->waiter.blocked_by = by->owner;
    if (list_empty(&a->waiter.node)) list_append(&a->table->waiting, &a->waiter.node);
    return -EAGAIN;
}

static int64_t try_locked(struct attempt *a) {
    struct locked_file *entry = find_locked(a->table, a->key);
    if (a->request.type != F_UNLCK) {
        const struct lock_request *by = conflict_locked(entry, &a->request);
        if (by) return blocked_locked(a, by);
        if (!entry) entry = find_or_add_locked(a->table, a->key);
        if (!entry) return -ENOLCK;
    }
    if (!entry) return 0;
    cut_locked(a->table, entry, &a->request, &a->spare);
    if (a->request.type != F_UNLCK) {
        a->fresh->range = a->request;
        add_held_locked(a->table, entry, a->fresh);
        join_locked(a->table, entry, a->fresh);
        a->fresh = NULL;
    }
    forget_if_empty_locked(a->table, entry);
    return 0;
}

static int64_t try_lock(void *arg) {
    struct attempt *a = arg;
    host_mutex_lock(&a->table->lock);
    if (!list_empty(&a->waiter.node)) list_remove(&a->waiter.node);
    const int64_t r = try_locked(a);
    host_mutex_unlock(&a->table->lock);
    return r;
}

static int identity(struct file *file, uint64_t key[2]) {
    struct linux_stat stat;
    const int r = file_stat(file, &stat);
    if (r) return r;
    key[0] = stat.dev;
    key[1] = stat.ino;
    return 0;
}

int lock_set(struct file *file, const struct lock_request *request, bool wait, struct sched_thread *self) {
    struct attempt a = {.table = vfs_locks(file->vfs), .request = *request, .wait = wait};
    list_init(&a.waiter.node);
    int r = identity(file, a.key);
    if (r) return r;
    a.fresh = malloc(sizeof *a.fresh);
    a.spare = malloc(sizeof *a.spare);
    r = a.fresh && a.spare ? 0 : -ENOLCK;
    if (r == 0) {
        r = (int)wait_until(&a.table->released, self, !wait, SCHED_NEVER, try_lock, &a);
        host_mutex_lock(&a.table->lock);
        list_remove(&a.waiter.node);
        host_mutex_unlock(&a.table->lock);
        /* Shrinking or turning a write lock into a read lock may let others in. */
        if (r == 0) wait_queue_wake_all(&a.table->released);
        if (r == 0 && request->family != LOCK_RECORD) atomic_fetch_add(&file->n_locks, 1);
    }
    free(a.fresh);
    free(a.spare);
    return r;
}

int lock_test(struct file *file, struct lock_request *request) {
    struct lock_table *table = vfs_locks(file->vfs);
    uint64_t key[2];
    const int r = identity(file, key);
    if (r) return r;
    host_mutex_lock(&table->lock);
    const struct lock_request *by = conflict_locked(find_locked(table, key), request);
    if (by) {
        *request = *by;
    } else {
        request->type = F_UNLCK;
    }
    host_mutex_unlock(&table->lock);
    return 0;
}

static void release_owner(struct file *file, enum lock_family family, const void *owner) {
    struct lock_table *table = vfs_locks(file->vfs);
    uint64_t key[2];
    if (identity(file, key)) return;
    const struct lock_request all = {.family = family, .owner = owner, .end = INT64_MAX};
    host_mutex_lock(&table->lock);
    struct locked_file *entry = find_locked(table, key);
    if (entry) {
        struct held *none = NULL;
        cut_locked(table, entry, &all, &none);
        forget_if_empty_locked(table, entry);
    }
    host_mutex_unlock(&table->lock);
    if (entry) wait_queue_wake_all(&table->released);
}

void lock_release_process(struct file *file, struct fd_table *owner) {
    if (atomic_load_explicit(&vfs_locks(file->vfs)->n_held, memory_order_relaxed) == 0) return;
    release_owner(file, LOCK_RECORD, owner);
}

void lock_release_file(struct file *file) {
    if (atomic_load_explicit(&file->n_locks, memory_order_relaxed) == 0) return;
    release_owner(file, LOCK_DESCRIPTION, file);
    release_owner(file, LOCK_WHOLE, file);
}
