/* SPDX-License-Identifier: ISC */
/* Pages of files and of shared memory. Lock order: a space's lock, then backing->lock, then the pool's. */
#include "mmu/backing.h"

#include "base/bits.h"
#include "base/error.h"
#include "host/backing.h"
#include "host/memory.h"

#include <stdlib.h>
#include <string.h>

#define VIEW_SIZE (64ull << 20)

struct backing_view {
    uint64_t number; /* offset / VIEW_SIZE */
    bool writable;
    char *at;        /* owned host mapping */
};

static int view_compare(const struct backing_view *view, uint64_t number, bool writable) {
    if (view->number != number) return view->number < number ? -1 : 1;
    return (int)view->writable - (int)writable;
}

/* Index of the view, or where it belongs. */
static uint32_t view_search(const struct backing *backing, uint64_t number, bool writable) {
    uint32_t low = 0, high = backing->n_views;
    while (low < high) {
        const uint32_t mid = (low + high) / 2;
        if (view_compare(&backing->views[mid], number, writable) < 0) low = mid + 1;
        else high = mid;
    }
    return low;
}

static int view_map(struct backing *backing, struct backing_view *view) {
    const int fd = view->writable ? backing->write_fd : backing->read_fd;
    const int prot = HOST_PROT_READ | (view->writable ? HOST_PROT_WRITE : 0);
    int err = 0;
    view->at = host_memory_map_file(fd, view->number * VIEW_SIZE, VIEW_SIZE, prot, view->writable, &err);
    return view->at ? 0 : err;
}

/* The host mapping that holds an offset; made if needed. Returns 0 or -E. */
static int view_get_locked(struct backing *backing, uint64_t offset, bool writable, char **at) {
    struct backing_view view = {.number = offset / VIEW_SIZE, .writable = writable};
    const uint32_t i = view_search(backing, view.number, writable);
    if (i == backing->n_views || view_compare(&backing->views[i], view.number, writable) != 0) {
        struct backing_view *grown = realloc(backing->views, (backing->n_views + 1) * sizeof *grown);
        if (!grown) return -ENOMEM;
        backing->views = grown;
        const int err = view_map(backing, &view);
        if (err) return err;
        memmove(&grown[i + 1], &grown[i], (backing->n_views - i) * sizeof *grown);
        grown[i] = view;
        backing->n_views++;
    }
    *at = backing->views[i].at + offset % VIEW_SIZE;
    return 0;
}

/* Windows map the file themselves, so nothing is kept. */
static int probe_page_locked(struct backing *backing, uint64_t offset, bool writable) {
    const int prot = HOST_PROT_READ | (writable ? HOST_PROT_WRITE : 0);
    int err = 0;
    void *at = host_memory_map_file(writable ? backing->write_fd : backing->read_fd, offset, GUEST_PAGE_SIZE, prot, writable, &err);
    if (at) host_memory_unmap(at, GUEST_PAGE_SIZE);
    return at ? 0 : err;
}

int backing_probe(struct backing *backing, uint64_t offset, bool writable) {
    char *at;
    if (backing->kind != BACKING_FILE || backing->is_memory) return 0;
    host_mutex_lock(&backing->lock);
    int err = 0;
    if (backing->pool->memory == SPACE_PAGED) err = view_get_locked(backing, offset, writable, &at);
    else if (!backing->is_probed[writable]) err = probe_page_locked(backing, offset, writable);
    if (!err) backing->is_probed[writable] = true;
    host_mutex_unlock(&backing->lock);
    return err;
}

int backing_descriptor(struct backing *backing, bool writable) {
    host_mutex_lock(&backing->lock);
    const int fd = writable ? backing->write_fd : backing->read_fd;
    host_mutex_unlock(&backing->lock);
    return fd;
}

uint64_t backing_end(const struct backing *backing) {
    if (backing->is_memory) return BACKING_MEMORY_SIZE;
    const int64_t size = host_backing_size(backing->read_fd);
    return size > 0 ? align_up((uint64_t)size, GUEST_PAGE_SIZE) : 0;
}

bool backing_is_inside(const struct backing *backing, uint64_t offset) {
    return offset < backing_end(backing);
}

static enum mem_fault_kind file_page_locked(struct backing *backing, uint64_t offset, bool writable, uint64_t *pte) {
    char *at;
    if (!backing_is_inside(backing, offset)) return MEM_FAULT_BUS;
    const int err = view_get_locked(backing, offset, writable, &at);
    if (err) return err == -ENOMEM ? MEM_FAULT_NO_MEMORY : MEM_FAULT_BUS;
    *pte = (uintptr_t)at;
    return MEM_OK;
}

static enum mem_fault_kind frame_page_locked(struct backing *backing, uint64_t offset, uint64_t *pte) {
    pte_slot *slot = page_table_make(&backing->frames, offset);
    if (!slot) return MEM_FAULT_NO_MEMORY;
    uint64_t entry = atomic_load_explicit(slot, memory_order_relaxed);
    if (!entry) {
        void *page = frame_new(backing->pool, true);
        if (!page) return MEM_FAULT_NO_MEMORY;
        entry = (uintptr_t)page | PTE_FRAME;
        atomic_store_explicit(slot, entry, memory_order_relaxed);
    }
    frame_get(pte_page(entry));
    *pte = entry;
    return MEM_OK;
}

enum mem_fault_kind backing_page(struct backing *backing, uint64_t offset, bool writable, uint64_t *pte) {
    host_mutex_lock(&backing->lock);
    const enum mem_fault_kind kind = backing->kind == BACKING_FILE ? file_page_locked(backing, offset, writable, pte)
                                                                   : frame_page_locked(backing, offset, pte);
    host_mutex_unlock(&backing->lock);
    return kind;
}

bool backing_has_page(struct backing *backing, uint64_t offset) {
    if (backing->kind == BACKING_FILE) return backing_is_inside(backing, offset);
    host_mutex_lock(&backing->lock);
    const pte_slot *slot = page_table_find(&backing->frames, offset);
    const bool has = slot && atomic_load_explicit(slot, memory_order_relaxed);
    host_mutex_unlock(&backing->lock);
    return has;
}

int backing_sync(struct backing *backing, uint64_t offset, uint64_t size, bool wait, bool invalidate) {
    int result = 0;
    if (backing->kind != BACKING_FILE) return 0;
    host_mutex_lock(&backing->lock);
    for (uint32_t i = 0; i < backing->n_views; i++) {
        const struct backing_view *view = &backing->views[i];
        const uint64_t start = view->number * VIEW_SIZE;
        const uint64_t from = offset > start ? offset : start;
        const uint64_t to = offset + size < start + VIEW_SIZE ? offset + size : start + VIEW_SIZE;
        if (!view->writable || from >= to) continue;
        const int err = host_memory_sync(view->at + (from - start), to - from, wait, invalidate);
        if (err && !result) result = err;
    }
    host_mutex_unlock(&backing->lock);
    return result;
}

static void drop_frames_locked(struct backing *backing, uint64_t start, uint64_t end) {
    pte_slot *slot;
    for (uint64_t at = start; (slot = page_table_next(&backing->frames, &at, end)); at += GUEST_PAGE_SIZE) {
        frame_put(pte_page(atomic_exchange_explicit(slot, 0, memory_order_relaxed)));
    }
}

int backing_punch(struct backing *backing, uint64_t offset, uint64_t size) {
    int err = 0;
    host_mutex_lock(&backing->lock);
    if (backing->kind == BACKING_ANONYMOUS) drop_frames_locked(backing, offset, offset + size);
    else err = backing->write_fd < 0 ? -EACCES : host_backing_punch(backing->write_fd, offset, size);
    host_mutex_unlock(&backing->lock);
    return err;
}

static void free_node(void *arg, void *node) {
    frame_put(node);
}

static void backing_free(struct backing *backing) {
    for (uint32_t i = 0; i < backing->n_views; i++) host_memory_unmap(backing->views[i].at, VIEW_SIZE);
    free(backing->views);
    if (backing->frames.pool) {
        drop_frames_locked(backing, 0, 1ull << 48);
        page_table_prune(&backing->frames, 0, 1ull << 48, free_node, NULL);
    }
    if (backing->read_fd >= 0) host_backing_close(backing->read_fd);
    if (backing->write_fd >= 0) host_backing_close(backing->write_fd);
    host_mutex_fini(&backing->lock);
    if (backing->owner) backing->owner->gone(backing->owner);
    free(backing);
}

void backing_put(struct backing *backing) {
    struct frame_pool *pool = backing->pool;
    if (pool) host_mutex_lock(&pool->backings_lock); /* against backing_find reviving it */
    const bool last = atomic_fetch_sub(&backing->refs, 1) == 1;
    if (last && backing->is_listed) HASH_DEL(pool->backings, backing);
    if (pool) host_mutex_unlock(&pool->backings_lock);
    if (last) backing_free(backing);
}
