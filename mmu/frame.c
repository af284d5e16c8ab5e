/* SPDX-License-Identifier: ISC */
/* The pool of page frames of one machine. Host memory is reserved in arenas, made accessible a chunk at a time and
 * touched in batches, because the first touch of a host page is expensive; once the pool is big, by huge pages. Chunks
 * that became empty go back to the host when much is idle. */
#include "mmu/frame.h"
#include "mmu/window.h"

#include "base/bits.h"
#include "host/memory.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_FRAMES 16u
#define BIG_POOL_FRAMES 4096u /* from here on in huge pages */
#define IDLE_FRAMES 1024u     /* kept populated in any case */
#define HEADER_FRAMES ((uint32_t)((sizeof(struct frame_arena) + GUEST_PAGE_SIZE - 1) / GUEST_PAGE_SIZE))

struct frame_pool *frame_pool_new(enum space_memory memory) {
    struct frame_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pool->memory = memory;
    host_mutex_init(&pool->lock);
    host_mutex_init(&pool->backings_lock);
    list_init(&pool->partial);
    list_init(&pool->empty);
    list_init(&pool->bare);
    return pool;
}

void frame_pool_lay_out_as_windows(struct frame_pool *pool) {
    pool->window_layout = true;
}

const char *frame_pool_reason(const struct frame_pool *pool) {
    return atomic_load(&pool->reason);
}

void frame_pool_free(struct frame_pool *pool) {
    if (!pool) return;
    window_free_spares(pool);
    while (pool->arenas) {
        struct frame_arena *arena = pool->arenas;
        pool->arenas = arena->next;
        host_memory_unmap(arena->reserved, 2 * (size_t)ARENA_SIZE);
    }
    host_mutex_fini(&pool->backings_lock);
    host_mutex_fini(&pool->lock);
    free(pool);
}

static char *frame_at(struct frame_arena *arena, uint32_t index) {
    return (char *)arena + (size_t)index * GUEST_PAGE_SIZE;
}

static struct frame_arena *arena_of_chunk(struct frame_chunk *chunk) {
    return frame_arena_of(chunk);
}

/* Makes the arena's next chunk accessible and lists it as bare. Returns it, or NULL when the host refuses. */
static struct frame_chunk *chunk_open_locked(struct frame_arena *arena) {
    const uint32_t number = arena->n_chunks;
    char *at = (char *)arena + (size_t)number * CHUNK_SIZE;
    /* The first chunk holds the description and was opened with the arena. */
    if (number && host_memory_protect(at, CHUNK_SIZE, HOST_PROT_READ | HOST_PROT_WRITE)) return NULL;
    struct frame_chunk *chunk = &arena->chunk[number];
    chunk->first = number ? number * CHUNK_FRAMES : HEADER_FRAMES;
    chunk->end = (number + 1) * CHUNK_FRAMES;
    chunk->fresh = chunk->populated = chunk->first;
    list_append(&arena->pool->bare, &chunk->node);
    arena->n_chunks++;
    return chunk;
}

static struct frame_arena *arena_new_locked(struct frame_pool *pool) {
    void *reserved = host_memory_reserve(2 * (size_t)ARENA_SIZE);
    if (!reserved) return NULL;
    struct frame_arena *arena = (struct frame_arena *)align_up((uintptr_t)reserved, ARENA_SIZE);
    if (host_memory_protect(arena, CHUNK_SIZE, HOST_PROT_READ | HOST_PROT_WRITE)) {
        host_memory_unmap(reserved, 2 * (size_t)ARENA_SIZE);
        return NULL;
    }
    arena->pool = pool;
    arena->reserved = reserved;
    arena->next = pool->arenas;
    pool->arenas = arena;
    return arena;
}

static struct frame_chunk *chunk_new_locked(struct frame_pool *pool) {
    struct frame_arena *arena = pool->arenas;
    if (!arena || arena->n_chunks == ARENA_CHUNKS) arena = arena_new_locked(pool);
    return arena ? chunk_open_locked(arena) : NULL;
}

static struct frame_chunk *first_of(struct list *list) {
    return list_empty(list) ? NULL : CONTAINER_OF(list->next, struct frame_chunk, node);
}

static void chunk_move_locked(struct frame_chunk *chunk, struct list *to) {
    list_remove(&chunk->node);
    list_append(to, &chunk->node);
}

/* A chunk with a free frame, in pool->partial. Returns NULL without memory. */
static struct frame_chunk *chunk_find_locked(struct frame_pool *pool) {
    struct frame_chunk *chunk = first_of(&pool->partial);
    if (chunk) return chunk;
    chunk = first_of(&pool->empty);
    if (!chunk) chunk = first_of(&pool->bare);
    if (!chunk) chunk = chunk_new_locked(pool);
    if (chunk) chunk_move_locked(chunk, &pool->partial);
    return chunk;
}

void frame_pool_open_ahead(struct frame_pool *pool) {
    host_mutex_lock(&pool->lock);
    if (list_empty(&pool->bare)) chunk_new_locked(pool);
    host_mutex_unlock(&pool->lock);
}

static void populate_locked(struct frame_pool *pool, struct frame_chunk *chunk) {
    char *at = frame_at(arena_of_chunk(chunk), chunk->populated);
    const bool whole = (chunk->end - chunk->populated) == CHUNK_FRAMES;
    if (whole && !chunk->huge && pool->n_used >= BIG_POOL_FRAMES) {
        host_memory_use_huge_pages(at, CHUNK_SIZE);
        chunk->huge = true;
    }
    uint32_t n = chunk->end - chunk->populated;
    if (!chunk->huge && n > BATCH_FRAMES) n = BATCH_FRAMES;
    host_memory_populate(at, (size_t)n * GUEST_PAGE_SIZE);
    chunk->populated += n;
    pool->n_idle += n;
}

/* Takes a frame off the chunk; *fresh: it holds zeros. */
static uint32_t chunk_take_locked(struct frame_pool *pool, struct frame_chunk *chunk, bool *fresh) {
    uint32_t index = chunk->first_free;
    *fresh = !index;
    if (index) {
        chunk->first_free = arena_of_chunk(chunk)->frame[index].next_free;
    } else {
        if (chunk->fresh == chunk->populated) populate_locked(pool, chunk);
        index = chunk->fresh++;
    }
    chunk->n_used++;
    pool->n_used++;
    pool->n_idle--;
    if (chunk->n_used == chunk->end - chunk->first) list_remove(&chunk->node);
    return index;
}

void *frame_new(struct frame_pool *pool, bool zeroed) {
    bool fresh = false;
    host_mutex_lock(&pool->lock);
    struct frame_chunk *chunk = chunk_find_locked(pool);
    const uint32_t index = chunk ? chunk_take_locked(pool, chunk, &fresh) : 0;
    host_mutex_unlock(&pool->lock);
    if (!chunk) return NULL;
    struct frame_arena *arena = arena_of_chunk(chunk);
    atomic_store_explicit(&arena->frame[index].refs, 1, memory_order_relaxed);
    if (zeroed && !fresh) memset(frame_at(arena, index), 0, GUEST_PAGE_SIZE);
    return frame_at(arena, index);
}

/* Gives the memory of an empty chunk back to the host. */
static void chunk_discard_locked(struct frame_pool *pool, struct frame_chunk *chunk) {
    char *at = frame_at(arena_of_chunk(chunk), chunk->first);
    host_memory_discard(at, (size_t)(chunk->end - chunk->first) * GUEST_PAGE_SIZE);
    pool->n_idle -= chunk->populated - chunk->first;
    chunk->first_free = 0;
    chunk->fresh = chunk->populated = chunk->first;
    chunk_move_locked(chunk, &pool->bare);
}

static void frame_free(void *page) {
    struct frame_arena *arena = frame_arena_of(page);
    struct frame_pool *pool = arena->pool;
    const uint32_t index = (uint32_t)(frame_of(page) - arena->frame);
    struct frame_chunk *chunk = &arena->chunk[index / CHUNK_FRAMES];
    host_mutex_lock(&pool->lock);
    if (chunk->n_used == chunk->end - chunk->first) list_append(&pool->partial, &chunk->node);
    arena->frame[index].next_free = chunk->first_free;
    chunk->first_free = index;
    chunk->n_used--;
    pool->n_used--;
    pool->n_idle++;
    if (chunk->n_used == 0) chunk_move_locked(chunk, &pool->empty);
    while (pool->n_idle > IDLE_FRAMES + pool->n_used / 4 && !list_empty(&pool->empty)) {
        chunk_discard_locked(pool, first_of(&pool->empty));
    }
    host_mutex_unlock(&pool->lock);
}

void frame_put(void *page) {
    if (atomic_fetch_sub_explicit(&frame_of(page)->refs, 1, memory_order_acq_rel) == 1) frame_free(page);
}
