/* SPDX-License-Identifier: ISC */
/* Memory objects: the handles by which mappings name a backing. A handle has its own name and right to write; the
 * backing it names is found by file identity when it is first mapped. */
#include "mmu/backing.h"

#include "host/backing.h"

#include <stdlib.h>
#include <string.h>

static struct backing *backing_new(enum backing_kind kind) {
    struct backing *backing = calloc(1, sizeof *backing);
    if (!backing) return NULL;
    atomic_init(&backing->refs, 1);
    backing->kind = kind;
    backing->read_fd = backing->write_fd = -1;
    host_mutex_init(&backing->lock);
    list_init(&backing->regions);
    return backing;
}

/* Takes over the backing, also on failure. */
static struct mem_object *object_new(struct backing *backing, bool writable, const char *name) {
    const size_t size = name ? strlen(name) + 1 : 1;
    struct mem_object *object = calloc(1, sizeof *object + size);
    if (!object) {
        backing_put(backing);
        return NULL;
    }
    atomic_init(&object->refs, 1);
    object->backing = backing;
    object->writable = writable;
    if (name) memcpy(object->name, name, size);
    return object;
}

struct mem_object *mem_object_new_file(int host_fd, bool writable, const char *name, uint64_t dev, uint64_t ino) {
    struct backing *backing = backing_new(BACKING_FILE);
    if (!backing) return NULL;
    backing->id = (struct backing_id){dev, ino};
    backing->read_fd = host_backing_dup(host_fd);
    if (writable) backing->write_fd = host_backing_dup(host_fd);
    if (backing->read_fd < 0 || (writable && backing->write_fd < 0)) {
        backing_put(backing);
        return NULL;
    }
    return object_new(backing, writable, name);
}

struct mem_object *mem_object_new_anonymous(const char *name) {
    struct backing *backing = backing_new(BACKING_ANONYMOUS);
    return backing ? object_new(backing, true, name) : NULL;
}

struct mem_object *mem_object_new_read_only(struct mem_object *object, const char *name) {
    atomic_fetch_add_explicit(&object->backing->refs, 1, memory_order_relaxed);
    return object_new(object->backing, false, name);
}

void mem_object_set_owner(struct mem_object *object, struct mem_object_owner *owner) {
    object->backing->owner = owner;
}

uint32_t mem_object_mappings(struct mem_object *object) {
    uint32_t n = 0;
    host_mutex_lock(&object->backing->lock);
    LIST_FOR_EACH(node, &object->backing->regions) n++;
    host_mutex_unlock(&object->backing->lock);
    return n;
}

struct mem_object *mem_object_get(struct mem_object *object) {
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return object;
}

void mem_object_put(struct mem_object *object) {
    if (!object || atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1) return;
    backing_put(object->backing);
    free(object);
}

static struct backing *find_locked(struct frame_pool *pool, uint64_t dev, uint64_t ino) {
    const struct backing_id id = {dev, ino};
    struct backing *found = NULL;
    if (dev || ino) HASH_FIND(hh, pool->backings, &id, sizeof id, found);
    if (found) atomic_fetch_add_explicit(&found->refs, 1, memory_order_relaxed);
    return found;
}

_Atomic uint32_t *backing_slot(struct frame_pool *pool, uint64_t dev, uint64_t ino) {
    return &pool->code_files[(dev ^ ino ^ (ino >> 6) ^ (ino >> 12)) % CODE_FILE_SLOTS];
}

struct backing *backing_find(struct frame_pool *pool, uint64_t dev, uint64_t ino) {
    host_mutex_lock(&pool->backings_lock);
    struct backing *found = find_locked(pool, dev, ino);
    host_mutex_unlock(&pool->backings_lock);
    return found;
}

/* Gives the memory a host file of its own. */
static int put_on_host(struct backing *backing) {
    const int fd = host_backing_new_memory(BACKING_MEMORY_SIZE);
    const int write_fd = fd < 0 ? fd : host_backing_dup(fd);
    if (fd >= 0 && write_fd < 0) host_backing_close(fd);
    if (write_fd < 0) return write_fd;
    backing->kind = BACKING_FILE;
    backing->is_memory = true;
    backing->read_fd = fd;
    backing->write_fd = write_fd;
    return 0;
}

/* Lists a backing that is mapped for the first time. */
static int adopt_locked(struct frame_pool *pool, struct backing *backing) {
    const int err = pool->memory == SPACE_WINDOWS && backing->kind == BACKING_ANONYMOUS ? put_on_host(backing) : 0;
    if (err) return err;
    backing->pool = backing->frames.pool = pool;
    backing->is_listed = backing->kind == BACKING_FILE && (backing->id.dev || backing->id.ino);
    if (backing->is_listed) HASH_ADD(hh, pool->backings, id, sizeof backing->id, backing);
    return 0;
}

/* Gives a backing that could only be read the descriptor for writing of another one. */
static void lend_descriptor(struct backing *to, struct backing *from) {
    host_mutex_lock(&to->lock);
    if (to->write_fd < 0) {
        to->write_fd = from->write_fd;
        from->write_fd = -1;
    }
    host_mutex_unlock(&to->lock);
}

int mem_object_join(struct mem_object *object, struct frame_pool *pool) {
    struct backing *found = NULL;
    int err = 0;
    host_mutex_lock(&pool->backings_lock);
    struct backing *mine = object->backing;
    if (!mine->pool) {
        found = mine->kind == BACKING_FILE ? find_locked(pool, mine->id.dev, mine->id.ino) : NULL;
        if (found) object->backing = found;
        else err = adopt_locked(pool, mine);
    }
    host_mutex_unlock(&pool->backings_lock);
    if (!found) return err;
    lend_descriptor(found, mine);
    backing_put(mine);
    return 0;
}
