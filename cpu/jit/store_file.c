/* SPDX-License-Identifier: ISC */
/* A store as the bytes of a file: a head, then each page with its images. The head's checksum covers everything, so a file is good as a
 * whole or is not used at all; sizes are looked at none the less. */
#include "cpu/jit/store_internal.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FORMAT = 1, MAX_AGE = 16 };

struct file_head {
    uint64_t checksum[2]; /* of all that follows it */
    char magic[8];
    uint32_t format, n_pages;
    struct jit_store_maker maker;
    uint64_t seed, size;
};

struct file_page {
    struct page_key key;
    uint32_t age, n_images;
};

static const char magic[8] = {'L', 'O', 'C', 'K', 'J', 'I', 'T', '\n'};

static XXH128_hash_t checksum_of(const uint8_t *bytes, size_t n) {
    return XXH3_128bits(bytes + sizeof((struct file_head *)0)->checksum, n - sizeof((struct file_head *)0)->checksum);
}

static bool is_good(const uint8_t *bytes, size_t n, const struct jit_store_maker *maker) {
    struct file_head head;
    if (n < sizeof head) return false;
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.format != FORMAT || head.size != n) return false;
    if (memcmp(&head.maker, maker, sizeof *maker) != 0) return false;
    const XXH128_hash_t sum = checksum_of(bytes, n);
    return sum.low64 == head.checksum[0] && sum.high64 == head.checksum[1];
}

/* The next n bytes, or NULL. */
static const void *take(const uint8_t **at, const uint8_t *end, size_t n) {
    const void *taken = *at;
    if ((size_t)(end - *at) < n) return NULL;
    *at += n;
    return taken;
}

static bool load_images(struct jit_store *store, struct stored_page *page, uint32_t n, const uint8_t **at, const uint8_t *end) {
    for (uint32_t i = 0; i < n; i++) {
        const struct jit_image *image = take(at, end, sizeof *image);
        if (!image || image->size < sizeof *image || image->size % 8 || !take(at, end, image->size - sizeof *image)) return false;
        if (!stored_page_add(page, image)) return false;
        store->bytes += image->size;
    }
    return true;
}

static bool load_page(struct jit_store *store, const uint8_t **at, const uint8_t *end) {
    const struct file_page *in_file = take(at, end, sizeof *in_file);
    struct stored_page *page = in_file ? stored_page_make(store, &in_file->key) : NULL;
    if (!page) return false;
    page->age = in_file->age + 1;
    return load_images(store, page, in_file->n_images, at, end);
}

int jit_store_load(struct jit_store *store, const void *bytes, size_t n, const struct jit_store_maker *maker) {
    if (store->file || !is_good(bytes, n, maker)) return -EINVAL;
    const struct file_head *head = bytes;
    const uint8_t *at = (const uint8_t *)bytes + sizeof *head, *end = (const uint8_t *)bytes + n;
    store->file = bytes;
    store->file_size = n;
    store->seed = head->seed;
    store->has_seed = true;
    for (uint32_t i = 0; i < head->n_pages; i++)
        if (!load_page(store, &at, end)) break; /* what is there so far is whole */
    return 0;
}

bool jit_store_has_news(const struct jit_store *store) {
    return store->new_bytes * 32 > store->bytes;
}

static bool is_saved(const struct stored_page *page) {
    return page->n && page->age <= MAX_AGE;
}

static size_t size_of(const struct jit_store *store, uint32_t *n_pages) {
    size_t n = sizeof(struct file_head);
    *n_pages = 0;
    for (const struct stored_page *page = store->pages; page; page = page->hh.next) {
        if (!is_saved(page)) continue;
        n += sizeof(struct file_page);
        for (uint32_t i = 0; i < page->n; i++) n += page->image[i]->size;
        ++*n_pages;
    }
    return n;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t n) {
    memcpy(at, bytes, n);
    return at + n;
}

static uint8_t *put_page(uint8_t *at, const struct stored_page *page) {
    const struct file_page head = {page->key, page->age, page->n};
    at = put(at, &head, sizeof head);
    for (uint32_t i = 0; i < page->n; i++) at = put(at, page->image[i], page->image[i]->size);
    return at;
}

void *jit_store_save(const struct jit_store *store, const struct jit_store_maker *maker, size_t *n) {
    struct file_head head = {.format = FORMAT, .maker = *maker, .seed = store->seed};
    *n = head.size = size_of(store, &head.n_pages);
    uint8_t *bytes = malloc(*n), *at = bytes;
    if (!bytes) return NULL;
    memcpy(head.magic, magic, sizeof magic);
    at = put(at, &head, sizeof head);
    for (const struct stored_page *page = store->pages; page; page = page->hh.next)
        if (is_saved(page)) at = put_page(at, page);
    const XXH128_hash_t sum = checksum_of(bytes, *n);
    head.checksum[0] = sum.low64;
    head.checksum[1] = sum.high64;
    memcpy(bytes, &head, sizeof head);
    return bytes;
}
