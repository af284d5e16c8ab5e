/* SPDX-License-Identifier: ISC */
/* Finding images in a file's bytes: a head, an index, and the images. The head's checksum covers head and index, so those are good as a
 * whole or the file is not used at all; each image has its own in the index, so that a start costs what it uses. */
#include "cpu/jit/store_format.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

const char store_magic[8] = {'L', 'O', 'C', 'K', 'J', 'I', 'T', '\n'};

uint64_t store_image_checksum(const void *image, size_t n) {
    return XXH3_64bits(image, n);
}

void store_index_checksum(struct file_head *head, const void *index) {
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    XXH3_128bits_update(&state, (const uint8_t *)head + sizeof head->checksum, sizeof *head - sizeof head->checksum);
    XXH3_128bits_update(&state, index, store_index_size(head));
    const XXH128_hash_t sum = XXH3_128bits_digest(&state);
    head->checksum[0] = sum.low64;
    head->checksum[1] = sum.high64;
}

unsigned store_bucket_bits(uint32_t n_pages) {
    unsigned bits = 1;
    while (bits < 31 && (uint32_t)1 << bits < n_pages) bits++;
    return bits;
}

size_t store_index_size(const struct file_head *head) {
    const size_t buckets = ((size_t)1 << store_bucket_bits(head->n_pages)) + 2;
    return buckets * sizeof(uint32_t) + head->n_pages * sizeof(struct file_page) + head->n_images * sizeof(struct file_image);
}

static bool is_plausible(const struct file_head *head, size_t n, const struct jit_store_maker *maker) {
    if (memcmp(head->magic, store_magic, sizeof store_magic) != 0 || head->format != STORE_FORMAT || head->size != n) return false;
    if (memcmp(&head->maker, maker, sizeof *maker) != 0) return false;
    return head->n_pages <= n / sizeof(struct file_page) && head->n_images <= n / sizeof(struct file_image) &&
           store_index_size(head) <= n - sizeof *head;
}

static void lay_out(struct stored_file *file, const struct file_head *head, void *index) {
    const unsigned bits = store_bucket_bits(head->n_pages);
    file->index = index;
    file->bucket = index;
    file->shift = 64 - bits;
    file->page = (const void *)(file->bucket + ((size_t)1 << bits) + 2);
    file->image = (const void *)(file->page + head->n_pages);
    file->n_pages = head->n_pages;
    file->n_images = head->n_images;
}

/* Whether every number in the index stays within the file. Returns the size of the largest image, 0: one does not. */
static size_t largest_image(struct stored_file *file) {
    size_t largest = 1;
    for (uint32_t i = 0; i < file->n_pages; i++) {
        const struct file_page *page = &file->page[i];
        if (page->first > file->n_images || page->n_images > file->n_images - page->first) return 0;
    }
    for (size_t i = 0; i <= (size_t)1 << (64 - file->shift); i++)
        if (file->bucket[i] > file->n_pages) return 0;
    for (uint32_t i = 0; i < file->n_images; i++) {
        const size_t at = (size_t)file->image[i].at * 8, size = (size_t)file->image[i].size * 8;
        if (size < sizeof(struct jit_image) || at > file->size || size > file->size - at) return 0;
        if (size > largest) largest = size;
        file->image_bytes += size;
    }
    return largest;
}

static int take_index(struct stored_file *file, const struct file_head *head) {
    void *index = malloc(store_index_size(head));
    struct file_head again = *head;
    if (!index) return -ENOMEM;
    memcpy(index, file->bytes + sizeof *head, store_index_size(head));
    lay_out(file, head, index);
    store_index_checksum(&again, index);
    const size_t largest = memcmp(again.checksum, head->checksum, sizeof head->checksum) == 0 ? largest_image(file) : 0;
    if (!largest) return -EINVAL;
    file->copy = malloc(largest);
    file->is_used = calloc((size_t)head->n_pages + 1, sizeof *file->is_used);
    return file->copy && file->is_used ? 0 : -ENOMEM;
}

int jit_store_load(struct jit_store *store, const void *bytes, size_t n, const struct jit_store_maker *maker) {
    struct file_head head;
    struct stored_file file = {.bytes = bytes, .size = n};
    if (store->file.bytes || n < sizeof head) return -EINVAL;
    memcpy(&head, bytes, sizeof head);
    if (!is_plausible(&head, n, maker)) return -EINVAL;
    const int err = take_index(&file, &head);
    if (err) {
        stored_file_free(&file);
        return err;
    }
    store->file = file;
    store->seed = head.seed;
    store->has_seed = true;
    return 0;
}

void stored_file_free(struct stored_file *file) {
    free(file->index);
    free(file->is_used);
    free(file->copy);
}

static const struct file_page *find_page(const struct stored_file *file, const struct page_key *key) {
    const uint32_t *bucket = &file->bucket[key->hash[0] >> file->shift];
    for (uint32_t i = bucket[0]; i < bucket[1]; i++)
        if (memcmp(&file->page[i].key, key, sizeof *key) == 0) return &file->page[i];
    return NULL;
}

const struct jit_image *stored_file_copy(struct stored_file *file, const struct file_image *image) {
    const size_t size = (size_t)image->size * 8;
    memcpy(file->copy, file->bytes + (size_t)image->at * 8, size);
    if (store_image_checksum(file->copy, size) == image->checksum && file->copy->size == size) return file->copy;
    file->is_damaged = true;
    return NULL;
}

const struct jit_image *stored_file_find(struct stored_file *file, const struct page_key *key, uint32_t offset) {
    const struct file_page *page = file->bytes ? find_page(file, key) : NULL;
    if (!page) return NULL;
    file->is_used[page - file->page] = true;
    for (uint32_t i = page->first; i < page->first + page->n_images; i++)
        if (file->image[i].offset == offset) return stored_file_copy(file, &file->image[i]);
    return NULL;
}
