/* SPDX-License-Identifier: ISC */
/* Memory, look-up and invalidation of translated blocks. */
#include "cpu/interp/cache.h"

#include "cpu/interp/interp.h"

#include <stdlib.h>

enum { FIRST_CHUNK = 64 << 10, LAST_CHUNK = 1 << 20, FIRST_BUCKETS = 256 };

static size_t hash_address(uint64_t x) {
    return (size_t)(x * 0x9e3779b97f4a7c15ull >> 32);
}

/* An empty slot holds an address that belongs to another slot, so that it never matches. */
static void jump_clear(struct cache *cache) {
    for (size_t i = 0; i < CACHE_JUMP_SLOTS; i++)
        cache->jump[i] = (struct jump_slot){.rip = i == 0, .uop = NULL};
}

void cache_init(struct cache *cache) {
    *cache = (struct cache){0};
    jump_clear(cache);
}

void cache_flush(struct cache *cache) {
    while (cache->chunks) {
        struct cache_chunk *chunk = cache->chunks;
        cache->chunks = chunk->next;
        free(chunk);
    }
    free(cache->bucket);
    free(cache->scratch);
    const uint64_t generation = cache->generation;
    cache_init(cache);
    cache->generation = generation + 1;
}

static bool add_chunk(struct cache *cache) {
    size_t size = cache->bytes < FIRST_CHUNK ? FIRST_CHUNK : cache->bytes;
    if (size > LAST_CHUNK) size = LAST_CHUNK;
    struct cache_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk) return false;
    *chunk = (struct cache_chunk){.next = cache->chunks, .size = size};
    cache->chunks = chunk;
    cache->bytes += size;
    return true;
}

void cache_make_room(struct cache *cache) {
    const struct cache_chunk *chunk = cache->chunks;
    if (!chunk || chunk->size - chunk->used >= BLOCK_MAX_BYTES) return;
    if (cache->bytes >= CACHE_MAX_BYTES) cache_flush(cache);
}

void *cache_alloc(struct cache *cache, size_t n) {
    n = align_up(n, 16);
    struct cache_chunk *chunk = cache->chunks;
    if (!chunk || chunk->size - chunk->used < n) {
        if (!add_chunk(cache)) return NULL;
        chunk = cache->chunks;
    }
    void *p = chunk->bytes + chunk->used;
    chunk->used += n;
    return p;
}

void cache_trim(struct cache *cache, void *last, size_t n) {
    struct cache_chunk *chunk = cache->chunks;
    chunk->used = (size_t)((unsigned char *)last - chunk->bytes) + align_up(n, 16);
}

struct block *cache_find(const struct cache *cache, uint64_t rip) {
    if (!cache->bucket) return NULL;
    struct block *block = cache->bucket[hash_address(rip) & (cache->n_buckets - 1)];
    while (block && (uint64_t)block->uop[0].imm != rip) block = block->next;
    return block;
}

static void grow_buckets(struct cache *cache) {
    const size_t n = cache->n_buckets ? cache->n_buckets * 2 : FIRST_BUCKETS;
    struct block **bucket = calloc(n, sizeof *bucket);
    if (!bucket) return; /* longer chains only */
    for (size_t i = 0; i < cache->n_buckets; i++) {
        for (struct block *block = cache->bucket[i], *next; block; block = next) {
            next = block->next;
            struct block **to = &bucket[hash_address((uint64_t)block->uop[0].imm) & (n - 1)];
            block->next = *to;
            *to = block;
        }
    }
    free(cache->bucket);
    cache->bucket = bucket;
    cache->n_buckets = n;
}

void cache_insert(struct cache *cache, struct block *block) {
    if (cache->n_blocks >= cache->n_buckets) grow_buckets(cache);
    if (!cache->bucket) return; /* runs, but is not found again */
    struct block **to = &cache->bucket[hash_address((uint64_t)block->uop[0].imm) & (cache->n_buckets - 1)];
    block->next = *to;
    *to = block;
    cache->n_blocks++;
}

static void unchain(struct cache *cache, struct block *block) {
    if (!cache->bucket) return;
    struct block **at = &cache->bucket[hash_address((uint64_t)block->uop[0].imm) & (cache->n_buckets - 1)];
    while (*at && *at != block) at = &(*at)->next;
    if (!*at) return;
    *at = block->next;
    cache->n_blocks--;
}

void cache_drop(struct cache *cache, struct block *block) {
    if (block->dead) return;
    block->dead = true;
    unchain(cache, block);
    block->uop[0].fn = uop_entry_dead;
    for (unsigned i = 1; i <= block->n_body; i++) block->uop[i].fn = uop_resync;
}

static struct cache_page **page_slot(struct cache *cache, uint64_t page_gva) {
    struct cache_page **at = &cache->page_bucket[hash_address(page_gva) % ARRAY_LEN(cache->page_bucket)];
    while (*at && (*at)->gva != page_gva) at = &(*at)->next;
    return at;
}

/* Drops the page's blocks if they are from another version. */
static void update(struct cache *cache, struct cache_page *page, uint32_t version) {
    if (version == page->version) return;
    page->version = version;
    struct block *block = page->blocks;
    page->blocks = NULL;
    while (block) {
        struct block *next = block->page_next[block->page[0] == page ? 0 : 1];
        cache_drop(cache, block);
        block = next;
    }
    if (cache->scratch && (cache->scratch->page[0] == page || cache->scratch->page[1] == page))
        cache_drop(cache, cache->scratch);
}

static void check(struct cache *cache, struct cache_page *page) {
    update(cache, page, atomic_load_explicit(&page->code->version, memory_order_acquire));
}

void cache_check_all(struct cache *cache) {
    for (size_t i = 0; i < ARRAY_LEN(cache->page_bucket); i++) {
        for (struct cache_page *page = cache->page_bucket[i]; page; page = page->next) check(cache, page);
    }
}

void cache_check_page(struct cache *cache, uint64_t gva) {
    struct cache_page *page = *page_slot(cache, align_down(gva, GUEST_PAGE_SIZE));
    if (page) check(cache, page);
}

struct cache_page *cache_page_get(struct cache *cache, struct tlb *tlb, uint64_t gva) {
    gva = align_down(gva, GUEST_PAGE_SIZE);
    struct cache_page **at = page_slot(cache, gva), *page = *at;
    uint32_t version; /* as of the watch: a store after it shows in code->version, one before it in the bytes */
    struct code_page *code = tlb_code_page(tlb, gva, &version);
    if (!code) return NULL;
    if (!page) {
        page = cache_alloc(cache, sizeof *page);
        if (!page) return NULL;
        *page = (struct cache_page){.next = *at, .code = code, .version = version, .gva = gva};
        *at = page;
    }
    if (page->code != code) { /* another page was mapped at this address */
        page->code = code;
        page->version = ~version;
    }
    update(cache, page, version);
    return page;
}

void cache_register(struct block *block) {
    for (unsigned i = 0; i < 2; i++) {
        struct cache_page *page = block->page[i];
        if (!page) continue;
        block->page_next[i] = page->blocks;
        page->blocks = block;
    }
}
