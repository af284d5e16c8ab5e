/* SPDX-License-Identifier: ISC */
/* Descriptor numbers. Slots are an array that only grows; first_free is at or below the lowest free number, so the
 * search for it is short. Files are closed outside the lock. */
#include "syscall/linux/fs/fd_table.h"

#include "base/error.h"
#include "syscall/linux/fs/lock.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, MAX_SLOTS = 1 << 20 };

struct slot {
    struct file *file; /* counted; NULL = free */
    bool cloexec;
};

struct fd_table {
    _Atomic uint32_t count;
    struct host_mutex lock;
    /* guarded by lock */
    struct slot *slots;
    int n_slots;
    int first_free;
    int limit;
};

static struct fd_table *make(int n_slots) {
    struct fd_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->slots = calloc((size_t)n_slots, sizeof *table->slots);
    if (!table->slots) {
        free(table);
        return NULL;
    }
    table->n_slots = n_slots;
    table->limit = 1024;
    atomic_init(&table->count, 1);
    host_mutex_init(&table->lock);
    return table;
}

struct fd_table *fd_table_new(void) {
    return make(FIRST_SLOTS);
}

struct fd_table *fd_table_get(struct fd_table *table) {
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    return table;
}

/* Ends one descriptor's hold on a file: locks of this table on it go, as fcntl(2) says of any close. */
static void drop(struct fd_table *table, struct file *file) {
    if (!file) return;
    lock_release_process(file, table);
    if (file->ops->flush) file->ops->flush(file);
    file_put(file);
}

void fd_table_put(struct fd_table *table) {
    if (!table || atomic_fetch_sub_explicit(&table->count, 1, memory_order_acq_rel) != 1) return;
    for (int fd = 0; fd < table->n_slots; fd++) drop(table, table->slots[fd].file);
    host_mutex_fini(&table->lock);
    free(table->slots);
    free(table);
}

struct fd_table *fd_table_copy(struct fd_table *table) {
    host_mutex_lock(&table->lock);
    struct fd_table *copy = make(table->n_slots);
    if (copy) {
        copy->limit = table->limit;
        copy->first_free = table->first_free;
        for (int fd = 0; fd < table->n_slots; fd++) {
            copy->slots[fd] = table->slots[fd];
            if (copy->slots[fd].file) file_get(copy->slots[fd].file);
        }
    }
    host_mutex_unlock(&table->lock);
    return copy;
}

struct fd_table *fd_table_unshare(struct fd_table *table) {
    if (atomic_load(&table->count) == 1) return table;
    struct fd_table *copy = fd_table_copy(table);
    if (copy) fd_table_put(table);
    return copy;
}

void fd_table_set_limit(struct fd_table *table, uint64_t limit) {
    host_mutex_lock(&table->lock);
    table->limit = limit < MAX_SLOTS ? (int)limit : MAX_SLOTS;
    host_mutex_unlock(&table->lock);
}

/* Takes the file out of its slot. The count moves to the caller. */
static struct file *take_locked(struct fd_table *table, int fd) {
    struct file *file = table->slots[fd].file;
    table->slots[fd] = (struct slot){0};
    if (fd < table->first_free) table->first_free = fd;
    return file;
}

static bool in_use_locked(const struct fd_table *table, int fd) {
    return fd >= 0 && fd < table->n_slots && table->slots[fd].file;
}

static int grow_locked(struct fd_table *table, int fd) {
    if (fd < table->n_slots) return 0;
    int n = table->n_slots;
    while (n <= fd) n *= 2;
    struct slot *slots = realloc(table->slots, (size_t)n * sizeof *slots);
    if (!slots) return -ENOMEM;
    memset(slots + table->n_slots, 0, (size_t)(n - table->n_slots) * sizeof *slots);
    table->slots = slots;
    table->n_slots = n;
    return 0;
}

static int lowest_free_locked(struct fd_table *table, int min) {
    int fd = min > table->first_free ? min : table->first_free;
    while (fd < table->n_slots && table->slots[fd].file) fd++;
    if (min <= table->first_free) table->first_free = fd;
    return fd;
}

/* Returns fd with the count moved, or -E with it not moved. */
static int install_locked(struct fd_table *table, struct file *file, int min, bool cloexec) {
    const int fd = lowest_free_locked(table, min);
    if (fd >= table->limit) return -EMFILE;
    if (grow_locked(table, fd)) return -ENOMEM;
    table->slots[fd] = (struct slot){file, cloexec};
    return fd;
}

struct file *fd_table_file(struct fd_table *table, int fd) {
    host_mutex_lock(&table->lock);
    struct file *file = in_use_locked(table, fd) ? file_get(table->slots[fd].file) : NULL;
    host_mutex_unlock(&table->lock);
    return file;
}

int fd_table_install(struct fd_table *table, struct file *file, int min, bool cloexec) {
    host_mutex_lock(&table->lock);
    const int fd = min < 0 || min >= table->limit ? (min ? -EINVAL : -EMFILE) : install_locked(table, file, min, cloexec);
    host_mutex_unlock(&table->lock);
    if (fd < 0) file_put(file);
    return fd;
}

int fd_table_check_room(struct fd_table *table) {
    host_mutex_lock(&table->lock);
    const bool full = lowest_free_locked(table, 0) >= table->limit;
    host_mutex_unlock(&table->lock);
    return full ? -EMFILE : 0;
}

int fd_table_install_at(struct fd_table *table, struct file *file, int fd, bool cloexec) {
    struct file *old = NULL;
    int r = -EBADF;
    host_mutex_lock(&table->lock);
    if (fd >= 0 && fd < table->limit) r = grow_locked(table, fd);
    if (r == 0) {
        old = table->slots[fd].file;
        table->slots[fd] = (struct slot){file, cloexec};
        r = fd;
    }
    host_mutex_unlock(&table->lock);
    drop(table, old);
    if (r < 0) file_put(file);
    return r;
}

int fd_table_install_pair(struct fd_table *table, struct file *files[2], bool cloexec, int fds[2]) {
    host_mutex_lock(&table->lock);
    fds[0] = install_locked(table, files[0], 0, cloexec);
    fds[1] = fds[0] < 0 ? fds[0] : install_locked(table, files[1], 0, cloexec);
    if (fds[1] < 0 && fds[0] >= 0) take_locked(table, fds[0]);
    host_mutex_unlock(&table->lock);
    if (fds[1] >= 0) return 0;
    file_put(files[0]);
    file_put(files[1]);
    return fds[1];
}

int fd_table_close(struct fd_table *table, int fd) {
    host_mutex_lock(&table->lock);
    const bool in_use = in_use_locked(table, fd);
    struct file *file = in_use ? take_locked(table, fd) : NULL;
    host_mutex_unlock(&table->lock);
    drop(table, file);
    return in_use ? 0 : -EBADF;
}

/* The next descriptor >= fd in use, -1 if there is none. */
static int next_locked(const struct fd_table *table, int fd) {
    for (; fd < table->n_slots; fd++) {
        if (table->slots[fd].file) return fd;
    }
    return -1;
}

int fd_table_next(struct fd_table *table, int from) {
    host_mutex_lock(&table->lock);
    const int fd = next_locked(table, from);
    host_mutex_unlock(&table->lock);
    return fd;
}

/* Takes the next file of [*fd, last] (only close-on-exec ones, if asked) and moves *fd past it; NULL at the end. */
static struct file *take_next(struct fd_table *table, int *fd, unsigned last, bool only_cloexec) {
    struct file *file = NULL;
    host_mutex_lock(&table->lock);
    while (!file && (*fd = next_locked(table, *fd)) >= 0 && (unsigned)*fd <= last) {
        if (!only_cloexec || table->slots[*fd].cloexec) file = take_locked(table, *fd);
        ++*fd;
    }
    host_mutex_unlock(&table->lock);
    return file;
}

static void close_range(struct fd_table *table, unsigned first, unsigned last, bool only_cloexec) {
    int fd = first > INT32_MAX ? INT32_MAX : (int)first;
    struct file *file;
    while ((file = take_next(table, &fd, last, only_cloexec))) drop(table, file);
}

void fd_table_exec(struct fd_table *table) {
    close_range(table, 0, UINT32_MAX, true);
}

static void mark_range(struct fd_table *table, unsigned first, unsigned last) {
    host_mutex_lock(&table->lock);
    for (int fd = first > INT32_MAX ? -1 : next_locked(table, (int)first); fd >= 0 && (unsigned)fd <= last;
         fd = next_locked(table, fd + 1)) {
        table->slots[fd].cloexec = true;
    }
    host_mutex_unlock(&table->lock);
}

void fd_table_close_range(struct fd_table *table, unsigned first, unsigned last, bool only_cloexec) {
    if (only_cloexec) {
        mark_range(table, first, last);
    } else {
        close_range(table, first, last, false);
    }
}

int fd_table_get_cloexec(struct fd_table *table, int fd) {
    host_mutex_lock(&table->lock);
    const int r = in_use_locked(table, fd) ? table->slots[fd].cloexec : -EBADF;
    host_mutex_unlock(&table->lock);
    return r;
}

int fd_table_set_cloexec(struct fd_table *table, int fd, bool on) {
    host_mutex_lock(&table->lock);
    const bool in_use = in_use_locked(table, fd);
    if (in_use) table->slots[fd].cloexec = on;
    host_mutex_unlock(&table->lock);
    return in_use ? 0 : -EBADF;
}
