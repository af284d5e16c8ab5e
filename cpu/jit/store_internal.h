/* SPDX-License-Identifier: ISC */
/* The inside of a store: the images made in this run, pages by key, and those of a file. For store*.c only; everything with the lock held. */
#pragma once

#include "cpu/jit/store.h"
#include "host/thread.h"

#include <uthash.h>

struct stored_page {
    struct page_key key;
    bool is_used;               /* since the last time that room was made */
    uint32_t n, room;
    struct jit_image **image;   /* owned, as are the images */
    UT_hash_handle hh;
};

/* As they lie in the file. */
struct file_page {
    struct page_key key;
    uint32_t first, n_images;   /* numbers of images */
    uint32_t age;               /* runs since it was used, before this one */
    uint32_t reserved;
};

struct file_image {
    uint64_t checksum;
    uint32_t at;                /* in the file, in units of 8 bytes */
    uint32_t offset : 12;       /* as in struct jit_image */
    uint32_t size : 20;         /* in units of 8 bytes */
};

/* The index is a copy that was found good. The images may be damaged, or become so at any time: each is copied and looked at when it is
 * asked for. */
struct stored_file {
    const uint8_t *bytes;       /* borrowed for the store's life; NULL: there is no file */
    size_t size;
    void *index;                /* owned: buckets, pages and images */
    const uint32_t *bucket;     /* the first page for each value of a key's upper bits, and the end of the last */
    unsigned shift;             /* what is above is the number of the bucket */
    const struct file_page *page;
    const struct file_image *image;
    uint32_t n_pages, n_images;
    size_t image_bytes;
    bool *is_used;              /* owned: by page, in this run */
    struct jit_image *copy;     /* owned: room for any of the images */
    bool is_damaged;            /* an image was */
};

struct jit_store {
    struct host_mutex lock;
    size_t limit;
    /* guarded by lock */
    uint64_t seed;              /* set once, when the first key is made: keys are nothing that a guest could aim at */
    bool has_seed;
    struct stored_page *pages;
    size_t bytes;               /* of their images */
    struct stored_file file;
};

/* The file's image at that place, good until the next call; NULL: there is none, or it is damaged. */
const struct jit_image *stored_file_find(struct stored_file *file, const struct page_key *key, uint32_t offset);
void stored_file_free(struct stored_file *file);
