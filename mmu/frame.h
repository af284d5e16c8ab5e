/* SPDX-License-Identifier: ISC */
/* Page frames: 4 KiB of host memory each, counted. A frame is named by its host address. Frames lie in chunks of
 * CHUNK_SIZE aligned to it; the first page of a chunk describes the others. Private to mmu/. */
#pragma once

#include "base/list.h"
#include "host/thread.h"
#include "mmu/space.h"

#include <stdatomic.h>

#define CHUNK_SIZE (1u << 20)
#define CHUNK_FRAMES (CHUNK_SIZE / GUEST_PAGE_SIZE)

struct arena;
struct backing;

struct frame {
    _Atomic uint32_t refs; /* atomic: page table entries, object slots and limbo entries that name the frame */
    uint32_t next_free;    /* guarded by pool->lock; index in the chunk, 0 ends the list */
};

struct frame_chunk {
    struct frame_pool *pool; /* immutable after init */
    /* guarded by pool->lock */
    struct list node;        /* in pool->chunks while a frame is free */
    uint32_t n_used;
    uint32_t first_free;     /* index of a freed frame, 0 = none */
    uint32_t fresh;          /* frames from here on were never handed out: they hold zeros */
    uint32_t populated;      /* host memory is there below this index */
    struct frame frame[CHUNK_FRAMES];
};

struct frame_pool {
    struct host_mutex lock;
    /* guarded by lock */
    struct list chunks;     /* with free frames; emptied ones at the tail */
    struct arena *arenas;   /* owned; newest first */
    uint64_t n_used;
    uint64_t n_idle;        /* populated and free */
    struct host_mutex backings_lock;
    struct backing *backings; /* guarded by backings_lock: hash by (dev, ino), not counted */
};

/* Returns a frame with one count, filled with zeros if asked to; NULL without memory. */
void *frame_new(struct frame_pool *pool, bool zeroed);
void frame_put(void *page);

static inline struct frame *frame_of(const void *page) {
    const uintptr_t at = (uintptr_t)page;
    struct frame_chunk *chunk = (struct frame_chunk *)(at & ~(uintptr_t)(CHUNK_SIZE - 1));
    return &chunk->frame[(at & (CHUNK_SIZE - 1)) / GUEST_PAGE_SIZE];
}

static inline void frame_get(void *page) {
    atomic_fetch_add_explicit(&frame_of(page)->refs, 1, memory_order_relaxed);
}

/* True when the caller's count is the only one: nobody else can write or copy the frame. */
static inline bool frame_is_sole(const void *page) {
    return atomic_load_explicit(&frame_of(page)->refs, memory_order_acquire) == 1;
}
