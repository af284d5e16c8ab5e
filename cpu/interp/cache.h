/* SPDX-License-Identifier: ISC */
/* The translated blocks of one guest thread: a hash by address over memory that grows in chunks, and the pages that
 * the blocks came from. Owner thread only, no locks.
 *
 * A block that is dropped keeps its memory until the whole cache is flushed, so links to it stay valid: its entry
 * leads to a new look-up, its other uops to a resynchronisation. Only cache_flush frees memory. */
#pragma once

#include "cpu/interp/uop.h"

#define BLOCK_MAX_INSNS 64u
/* entry + body with an address uop each + fall-through + one exit per branch */
#define BLOCK_MAX_UOPS (1 + 2 * BLOCK_MAX_INSNS + 1 + BLOCK_MAX_INSNS)
#define BLOCK_MAX_SOURCE 240u /* bytes of a block that compares them */
#define CACHE_MAX_BYTES (16u << 20)
#define CACHE_JUMP_SLOTS 1024u

struct cache_page;

struct block {
    struct block *next;           /* in the hash chain */
    struct block *page_next[2];   /* in the lists of pages[] */
    struct cache_page *page[2];   /* [1] NULL if the block lies in one page */
    uint16_t n_body;              /* uops that stand for instructions, from uop[1] */
    bool dead;
    struct uop uop[];             /* [0]: entry: imm = address, before = instructions */
};

#define BLOCK_MAX_BYTES (sizeof(struct block) + BLOCK_MAX_UOPS * sizeof(struct uop))

struct cache_page {
    struct cache_page *next;      /* in the hash chain */
    struct code_page *code;       /* borrowed from the space */
    uint64_t gva;
    uint32_t version;             /* when it was read */
    struct block *blocks;
};

struct cache_chunk {
    struct cache_chunk *next;
    size_t size, used;
    _Alignas(16) unsigned char bytes[];
};

/* Target of an indirect jump: exact match or miss. */
struct jump_slot {
    uint64_t rip;
    const struct uop *uop;
};

struct cache {
    struct jump_slot jump[CACHE_JUMP_SLOTS];
    struct block **bucket;        /* owned; n_buckets, a power of two */
    size_t n_buckets, n_blocks;
    struct cache_page *page_bucket[256];
    struct cache_chunk *chunks;   /* owned; the newest first */
    size_t bytes;
    uint64_t generation;          /* counts flushes: pointers into the cache die with one */
    struct block *scratch;        /* owned; the last truncated block */
};

void cache_init(struct cache *cache);
/* Frees everything; the cache may be used again. */
void cache_flush(struct cache *cache);

/* Flushes if the next block might exceed CACHE_MAX_BYTES. */
void cache_make_room(struct cache *cache);
/* n bytes, 16-aligned, that live until the next flush. NULL without memory. */
void *cache_alloc(struct cache *cache, size_t n);
/* Gives back the end of the last allocation. */
void cache_trim(struct cache *cache, void *last, size_t n);

struct block *cache_find(const struct cache *cache, uint64_t rip);
void cache_insert(struct cache *cache, struct block *block);
/* The page of gva, watched from now on. Its blocks are current. NULL without memory. */
struct cache_page *cache_page_get(struct cache *cache, struct tlb *tlb, uint64_t gva);
/* Adds a block to the lists of its pages. */
void cache_register(struct block *block);

/* Drops one block. */
void cache_drop(struct cache *cache, struct block *block);
/* Drops the blocks of every page that changed; of the page of gva if it changed. */
void cache_check_all(struct cache *cache);
void cache_check_page(struct cache *cache, uint64_t gva);

static inline struct jump_slot *cache_jump_slot(struct cache *cache, uint64_t rip) {
    return &cache->jump[(rip ^ (rip >> 10)) & (CACHE_JUMP_SLOTS - 1)];
}

static inline struct block *block_of(const struct uop *u) {
    return (struct block *)((char *)(uintptr_t)(u - u->position) - offsetof(struct block, uop));
}
