/* SPDX-License-Identifier: ISC */
/* Page frames: 4 KiB of host memory each, counted. A frame is named by its host address. Frames lie in arenas of
 * ARENA_SIZE aligned to it, whose first pages describe the rest; an arena is used chunk by chunk. Private to mmu/. */
#pragma once

#include "base/list.h"
#include "host/thread.h"
#include "mmu/space.h"

#include <stdatomic.h>

#define ARENA_SIZE (64u << 20)
#define ARENA_FRAMES (ARENA_SIZE / GUEST_PAGE_SIZE)
#define CHUNK_SIZE (2u << 20) /* a huge page of most hosts */
#define CHUNK_FRAMES (CHUNK_SIZE / GUEST_PAGE_SIZE)
#define ARENA_CHUNKS (ARENA_SIZE / CHUNK_SIZE)

struct backing;

#define CODE_FILE_SLOTS 64u

struct frame {
    _Atomic uint32_t refs; /* atomic: page table entries, object slots and limbo entries that name the frame */
    uint32_t next_free;    /* guarded by pool->lock; index in the arena, 0 ends the list */
};

/* Guarded by pool->lock. Indices are in the arena. */
struct frame_chunk {
    struct list node;    /* in a list of the pool while a frame is free */
    uint32_t first, end; /* the frames; the arena's first chunk begins after the description */
    uint32_t n_used;
    uint32_t first_free; /* a freed frame, 0 = none */
    uint32_t fresh;      /* frames from here on were never handed out: they hold zeros */
    uint32_t populated;  /* host memory is there below this index */
    bool huge;           /* the host was asked for huge pages: populate all at once */
};

struct frame_arena {
    struct frame_pool *pool; /* immutable after init */
    /* guarded by pool->lock, save frame[].refs */
    struct frame_arena *next;
    void *reserved;
    uint32_t n_chunks;       /* accessible from the start */
    struct frame_chunk chunk[ARENA_CHUNKS];
    struct frame frame[ARENA_FRAMES];
};

enum { SPARE_WINDOWS = 4 };

struct frame_pool {
    struct host_mutex lock;
    /* guarded by lock */
    struct list partial;    /* chunks with used and free frames */
    struct list empty;      /* chunks without used frames, with host memory */
    struct list bare;       /* chunks without host memory */
    struct frame_arena *arenas; /* owned; newest first */
    uint64_t n_used;
    uint64_t n_idle;        /* populated and free */
    struct host_mutex backings_lock;
    struct backing *backings; /* guarded by backings_lock: hash by (dev, ino), not counted */
    _Atomic uint32_t code_files[CODE_FILE_SLOTS]; /* atomic: pages of files that code was taken from, by backing_slot */
    enum space_memory memory;    /* immutable after init */
    bool window_layout;          /* of paged spaces; immutable once there is a space */
    _Atomic uint32_t n_windows;  /* atomic: reserved windows that exist */
    _Atomic(void *) spare_window[SPARE_WINDOWS]; /* atomic; owned: reservations of WINDOW_SIZE in which nothing is mapped; or NULL */
    _Atomic(const char *) reason; /* atomic: why the last space is not what was wished; a literal or NULL */
};

/* Returns a frame with one count, filled with zeros if asked to; NULL without memory. */
void *frame_new(struct frame_pool *pool, bool zeroed);
void frame_put(void *page);

static inline struct frame_arena *frame_arena_of(const void *page) {
    return (struct frame_arena *)((uintptr_t)page & ~(uintptr_t)(ARENA_SIZE - 1));
}

static inline struct frame *frame_of(const void *page) {
    return &frame_arena_of(page)->frame[((uintptr_t)page & (ARENA_SIZE - 1)) / GUEST_PAGE_SIZE];
}

static inline void frame_get(void *page) {
    atomic_fetch_add_explicit(&frame_of(page)->refs, 1, memory_order_relaxed);
}

/* True when the caller's count is the only one: nobody else can write or copy the frame. */
static inline bool frame_is_sole(const void *page) {
    return atomic_load_explicit(&frame_of(page)->refs, memory_order_acquire) == 1;
}
