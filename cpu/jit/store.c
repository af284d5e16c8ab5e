/* SPDX-License-Identifier: ISC */
/* Pages by the hash of their bytes, and their images: those made in this run. */
#include "cpu/jit/store_internal.h"

#include "host/clock.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct jit_store *jit_store_new(size_t limit) {
    struct jit_store *store = calloc(1, sizeof *store);
    if (!store) return NULL;
    host_mutex_init(&store->lock);
    store->limit = limit;
    return store;
}

static void free_page(struct jit_store *store, struct stored_page *page) {
    for (uint32_t i = 0; i < page->n; i++) {
        store->bytes -= page->image[i]->size;
        free(page->image[i]);
    }
    HASH_DEL(store->pages, page);
    free(page->image);
    free(page);
}

void jit_store_free(struct jit_store *store) {
    struct stored_page *page, *next;
    if (!store) return;
    HASH_ITER(hh, store->pages, page, next) free_page(store, page);
    stored_file_free(&store->file);
    host_mutex_fini(&store->lock);
    free(store);
}

static uint64_t seed_of(struct jit_store *store) {
    host_mutex_lock(&store->lock);
    if (!store->has_seed) host_random(&store->seed, sizeof store->seed);
    store->has_seed = true;
    host_mutex_unlock(&store->lock);
    return store->seed;
}

struct page_key jit_store_key(struct jit_store *store, unsigned kind, const uint8_t page[GUEST_PAGE_SIZE]) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(page, GUEST_PAGE_SIZE, seed_of(store) + kind);
    return (struct page_key){{hash.low64, hash.high64}};
}

static struct stored_page *find_page(struct jit_store *store, const struct page_key *key) {
    struct stored_page *page;
    HASH_FIND(hh, store->pages, key, sizeof *key, page);
    return page;
}

static struct stored_page *make_page(struct jit_store *store, const struct page_key *key) {
    struct stored_page *page = find_page(store, key);
    if (page) return page;
    page = calloc(1, sizeof *page);
    if (!page) return NULL;
    page->key = *key;
    HASH_ADD(hh, store->pages, key, sizeof page->key, page);
    return page;
}

static const struct jit_image *find_in_page(const struct stored_page *page, uint32_t offset) {
    for (uint32_t i = 0; i < page->n; i++)
        if (page->image[i]->offset == offset) return page->image[i];
    return NULL;
}

static bool append(struct stored_page *page, struct jit_image *image) {
    if (page->n == page->room) {
        const uint32_t room = page->room ? page->room * 2 : 8;
        struct jit_image **more = realloc(page->image, room * sizeof *more);
        if (!more) return false;
        page->image = more;
        page->room = room;
    }
    page->image[page->n++] = image;
    return true;
}

/* Pages that were not asked for since the last time go; if that is not enough, all do. */
static void make_room(struct jit_store *store) {
    struct stored_page *page, *next;
    HASH_ITER(hh, store->pages, page, next) {
        if (!page->is_used) free_page(store, page);
        else page->is_used = false;
    }
    if (store->bytes <= store->limit / 2) return;
    HASH_ITER(hh, store->pages, page, next) free_page(store, page);
}

static void add(struct jit_store *store, const struct page_key *key, const struct jit_image *image) {
    if (stored_file_find(&store->file, key, image->offset)) return;
    if (store->bytes + image->size > store->limit) make_room(store);
    struct stored_page *page = make_page(store, key);
    if (!page || find_in_page(page, image->offset)) return;
    struct jit_image *copy = malloc(image->size);
    if (!copy) return;
    memcpy(copy, image, image->size);
    if (!append(page, copy)) {
        free(copy);
        return;
    }
    page->is_used = true;
    store->bytes += image->size;
}

void jit_store_add(struct jit_store *store, const struct page_key *key, const struct jit_image *image) {
    host_mutex_lock(&store->lock);
    add(store, key, image);
    host_mutex_unlock(&store->lock);
}

/* What was made in this run comes first: it may be there because the file's is damaged. */
static const struct jit_image *find_image(struct jit_store *store, const struct page_key *key, uint32_t offset) {
    struct stored_page *page = find_page(store, key);
    const struct jit_image *image = page ? find_in_page(page, offset) : NULL;
    if (!image) return stored_file_find(&store->file, key, offset);
    page->is_used = true;
    return image;
}

bool jit_store_find(struct jit_store *store, const struct page_key *key, uint32_t offset, jit_store_use_fn *use, void *arg) {
    host_mutex_lock(&store->lock);
    const struct jit_image *image = find_image(store, key, offset);
    const bool ok = image && use(arg, image);
    host_mutex_unlock(&store->lock);
    return ok;
}
