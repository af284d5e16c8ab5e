/* SPDX-License-Identifier: ISC */
/* The pool of page frames of one machine. Host memory is reserved in arenas, made accessible a chunk at a time and
 * touched in batches, because the first touch of a host page is expensive. Chunks that became empty go back to the
 * host when much is idle. */
#include "mmu/frame.h"

#include "base/bits.h"
#include "host/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE (64ull << 20)
#define BATCH_FRAMES 16u
#define BATCH_FRAMES_BIG 64u  /* once the pool is in real use */
#define BIG_POOL_FRAMES 2048u
#define IDLE_FRAMES 512u      /* kept populated in any case */

static_assert(sizeof(struct frame_chunk) <= GUEST_PAGE_SIZE, "the description must fit the chunk's first page");

struct arena {
    struct arena *next;
    void *reserved;  /* owned */
    size_t size;
    char *unused;    /* chunk-aligned; chunks from here on are not accessible yet */
};

struct frame_pool *frame_pool_new(void) {
    struct frame_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    host_mutex_init(&pool->lock);
    host_mutex_init(&pool->backings_lock);
    list_init(&pool->chunks);
    return pool;
}

void frame_pool_free(struct frame_pool *pool) {
    if (!pool) return;
    while (pool->arenas) {
        struct arena *arena = pool->arenas;
        pool->arenas = arena->next;
        host_memory_unmap(arena->reserved, arena->size);
        free(arena);
    }
    host_mutex_fini(&pool->backings_lock);
    host_mutex_fini(&pool->lock);
    free(pool);
}

static struct arena *arena_new(void) {
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) return NULL;
    arena->size = ARENA_SIZE + CHUNK_SIZE;
    arena->reserved = host_memory_reserve(arena->size);
    if (!arena->reserved) {
        free(arena);
        return NULL;
    }
    arena->unused = (char *)align_up((uintptr_t)arena->reserved, CHUNK_SIZE);
    return arena;
}

static char *arena_take(struct frame_pool *pool) {
    struct arena *arena = pool->arenas;
    if (!arena || arena->unused + CHUNK_SIZE > (char *)arena->reserved + arena->size) {
        arena = arena_new();
        if (!arena) return NULL;
        arena->next = pool->arenas;
        pool->arenas = arena;
    }
    if (host_memory_protect(arena->unused, CHUNK_SIZE, HOST_PROT_READ | HOST_PROT_WRITE)) return NULL;
    char *at = arena->unused;
    arena->unused += CHUNK_SIZE;
    return at;
}

static struct frame_chunk *chunk_new_locked(struct frame_pool *pool) {
    struct frame_chunk *chunk = (struct frame_chunk *)arena_take(pool);
    if (!chunk) return NULL;
    host_memory_populate(chunk, BATCH_FRAMES * GUEST_PAGE_SIZE);
    chunk->pool = pool;
    chunk->fresh = 1;
    chunk->populated = BATCH_FRAMES;
    pool->n_idle += BATCH_FRAMES - 1;
    list_append(&pool->chunks, &chunk->node);
    return chunk;
}

static void populate_locked(struct frame_chunk *chunk) {
    uint32_t n = chunk->pool->n_used > BIG_POOL_FRAMES ? BATCH_FRAMES_BIG : BATCH_FRAMES;
    if (n > CHUNK_FRAMES - chunk->populated) n = CHUNK_FRAMES - chunk->populated;
    host_memory_populate((char *)chunk + (size_t)chunk->populated * GUEST_PAGE_SIZE, (size_t)n * GUEST_PAGE_SIZE);
    chunk->populated += n;
    chunk->pool->n_idle += n;
}

static bool chunk_is_full(const struct frame_chunk *chunk) {
    return chunk->n_used == CHUNK_FRAMES - 1;
}

/* Takes a frame off the chunk; *fresh: it holds zeros. */
static uint32_t chunk_take_locked(struct frame_chunk *chunk, bool *fresh) {
    uint32_t index = chunk->first_free;
    *fresh = !index;
    if (index) {
        chunk->first_free = chunk->frame[index].next_free;
    } else {
        if (chunk->fresh == chunk->populated) populate_locked(chunk);
        index = chunk->fresh++;
    }
    chunk->n_used++;
    chunk->pool->n_used++;
    chunk->pool->n_idle--;
    if (chunk_is_full(chunk)) list_remove(&chunk->node);
    return index;
}

void *frame_new(struct frame_pool *pool, bool zeroed) {
    bool fresh = false;
    host_mutex_lock(&pool->lock);
    struct frame_chunk *chunk = list_empty(&pool->chunks)
                                    ? chunk_new_locked(pool)
                                    : CONTAINER_OF(pool->chunks.next, struct frame_chunk, node);
    const uint32_t index = chunk ? chunk_take_locked(chunk, &fresh) : 0;
    host_mutex_unlock(&pool->lock);
    if (!chunk) return NULL;
    void *page = (char *)chunk + (size_t)index * GUEST_PAGE_SIZE;
    atomic_store_explicit(&chunk->frame[index].refs, 1, memory_order_relaxed);
    if (zeroed && !fresh) memset(page, 0, GUEST_PAGE_SIZE);
    return page;
}

/* Gives the memory of an empty chunk back to the host, save its description. */
static void chunk_discard_locked(struct frame_chunk *chunk) {
    host_memory_discard((char *)chunk + GUEST_PAGE_SIZE, CHUNK_SIZE - GUEST_PAGE_SIZE);
    chunk->pool->n_idle -= chunk->populated - 1;
    chunk->first_free = 0;
    chunk->fresh = chunk->populated = 1;
}

static void frame_free(void *page) {
    struct frame_chunk *chunk = (struct frame_chunk *)align_down((uintptr_t)page, CHUNK_SIZE);
    struct frame *frame = frame_of(page);
    struct frame_pool *pool = chunk->pool;
    host_mutex_lock(&pool->lock);
    if (chunk_is_full(chunk)) list_append(&pool->chunks, &chunk->node);
    frame->next_free = chunk->first_free;
    chunk->first_free = (uint32_t)(frame - chunk->frame);
    chunk->n_used--;
    pool->n_used--;
    pool->n_idle++;
    if (chunk->n_used == 0) {
        list_remove(&chunk->node);
        list_append(&pool->chunks, &chunk->node);
        if (pool->n_idle > IDLE_FRAMES + pool->n_used / 4) chunk_discard_locked(chunk);
    }
    host_mutex_unlock(&pool->lock);
}

void frame_put(void *page) {
    if (atomic_fetch_sub_explicit(&frame_of(page)->refs, 1, memory_order_acq_rel) == 1) frame_free(page);
}
