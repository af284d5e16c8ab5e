/* SPDX-License-Identifier: ISC */
/* A store as the bytes of a file: what the file before had, as far as it was used lately and is not damaged, and what this run made. */
#include "cpu/jit/store_format.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_AGE = 16 };

/* A page to be written; either may be NULL. */
struct saved_page {
    struct page_key key;
    uint32_t old_number;
    const struct file_page *old;
    const struct stored_page *new;
};

struct saving {
    struct stored_file *file;
    struct saved_page *page; /* owned */
    uint32_t n_pages, n_images;
    size_t bytes, limit;
    struct file_image *image; /* below: the next in what is written */
    uint32_t first;
    uint8_t *start, *at;
};

bool jit_store_has_news(const struct jit_store *store) {
    return store->file.is_damaged || store->bytes * 32 > store->bytes + store->file.image_bytes;
}

static int compare_keys(const void *a, const void *b) {
    const struct saved_page *left = a, *right = b;
    if (left->key.hash[0] != right->key.hash[0]) return left->key.hash[0] < right->key.hash[0] ? -1 : 1;
    return left->key.hash[1] < right->key.hash[1] ? -1 : left->key.hash[1] > right->key.hash[1];
}

static uint32_t age_of(const struct stored_file *file, uint32_t number) {
    return file->is_used[number] ? 0 : file->page[number].age + 1;
}

/* What would make the file larger than the store may be is left out. */
static void choose(struct saving *s, const struct saved_page *page, size_t bytes, uint32_t n_images) {
    if (s->bytes + bytes > s->limit) return;
    s->bytes += bytes;
    s->n_images += n_images;
    s->page[s->n_pages++] = *page;
}

static size_t bytes_in_file(const struct stored_file *file, const struct file_page *page) {
    size_t n = 0;
    for (uint32_t i = page->first; i < page->first + page->n_images; i++) n += (size_t)file->image[i].size * 8;
    return n;
}

static size_t bytes_in_page(const struct stored_page *page) {
    size_t n = 0;
    for (uint32_t i = 0; i < page->n; i++) n += page->image[i]->size;
    return n;
}

/* Those of the same key become one. */
static void merge(struct saving *s) {
    uint32_t n = 0;
    qsort(s->page, s->n_pages, sizeof *s->page, compare_keys);
    for (uint32_t i = 0; i < s->n_pages; i++) {
        struct saved_page *last = n ? &s->page[n - 1] : NULL, *page = &s->page[i];
        if (!last || compare_keys(last, page) != 0) {
            s->page[n++] = *page;
            continue;
        }
        if (page->new) last->new = page->new;
        if (page->old) {
            last->old = page->old;
            last->old_number = page->old_number;
        }
    }
    s->n_pages = n;
}

static bool gather(struct saving *s, const struct jit_store *store) {
    s->page = malloc((HASH_COUNT(store->pages) + s->file->n_pages + 1) * sizeof *s->page);
    if (!s->page) return false;
    for (const struct stored_page *page = store->pages; page; page = page->hh.next) {
        choose(s, &(struct saved_page){page->key, 0, NULL, page}, bytes_in_page(page), page->n);
    }
    for (uint32_t i = 0; i < s->file->n_pages; i++) {
        const struct file_page *page = &s->file->page[i];
        if (age_of(s->file, i) <= MAX_AGE) choose(s, &(struct saved_page){page->key, i, page, NULL}, bytes_in_file(s->file, page), page->n_images);
    }
    merge(s);
    return true;
}

static void put_image(struct saving *s, const struct jit_image *image) {
    *s->image++ = (struct file_image){.checksum = store_image_checksum(image, image->size), .at = (uint32_t)((s->at - s->start) / 8),
                                      .offset = image->offset & 0xfff, .size = image->size / 8 & 0xfffff};
    memcpy(s->at, image, image->size);
    s->at += image->size;
    s->first++;
}

static bool has_image(const struct stored_page *page, uint32_t offset) {
    for (uint32_t i = 0; page && i < page->n; i++)
        if (page->image[i]->offset == offset) return true;
    return false;
}

static struct file_page put_page(struct saving *s, const struct saved_page *page) {
    struct file_page out = {.key = page->key, .first = s->first, .age = page->new ? 0 : age_of(s->file, page->old_number)};
    for (uint32_t i = 0; page->new && i < page->new->n; i++) put_image(s, page->new->image[i]);
    for (uint32_t i = 0; page->old && i < page->old->n_images; i++) {
        const struct file_image *old = &s->file->image[page->old->first + i];
        const struct jit_image *image = has_image(page->new, old->offset) ? NULL : stored_file_copy(s->file, old);
        if (image) put_image(s, image);
    }
    out.n_images = s->first - out.first;
    return out;
}

/* Images that were left out have been counted: what is said in their place is in no page. */
static void fill_index(struct saving *s) {
    for (; s->first < s->n_images; s->first++) *s->image++ = (struct file_image){.size = sizeof(struct jit_image) / 8};
}

static void put_all(struct saving *s, struct file_head *head) {
    const unsigned bits = store_bucket_bits(head->n_pages);
    uint32_t *bucket = (void *)(s->start + sizeof *head), next = 0;
    struct file_page *page = (void *)(bucket + ((size_t)1 << bits) + 2);
    s->image = (void *)(page + head->n_pages);
    s->at = s->start + sizeof *head + store_index_size(head);
    for (uint32_t i = 0; i < head->n_pages; i++) {
        const uint64_t number = s->page[i].key.hash[0] >> (64 - bits);
        while (next <= number) bucket[next++] = i;
        page[i] = put_page(s, &s->page[i]);
    }
    while (next <= (uint32_t)1 << bits) bucket[next++] = head->n_pages;
    fill_index(s);
}

void *jit_store_save(struct jit_store *store, const struct jit_store_maker *maker, size_t *n) {
    struct saving s = {.file = &store->file, .limit = store->limit};
    if (!gather(&s, store)) return NULL;
    struct file_head head = {.format = STORE_FORMAT, .maker = *maker, .seed = store->seed, .n_pages = s.n_pages, .n_images = s.n_images};
    memcpy(head.magic, store_magic, sizeof store_magic);
    s.start = calloc(1, sizeof head + store_index_size(&head) + s.bytes);
    if (s.start) {
        put_all(&s, &head);
        *n = head.size = (size_t)(s.at - s.start);
        store_index_checksum(&head, s.start + sizeof head);
        memcpy(s.start, &head, sizeof head);
    }
    free(s.page);
    return s.start;
}
