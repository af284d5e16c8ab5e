/* SPDX-License-Identifier: ISC */
/* The inside of a store: pages by key, each with its images. For store*.c only. */
#pragma once

#include "cpu/jit/store.h"
#include "host/thread.h"

#include <uthash.h>

struct stored_page {
    struct page_key key;
    uint32_t age;                 /* runs since it was used: 0 if it was in this one */
    bool is_used;                 /* since the last time that room was made */
    uint32_t n, room;
    const struct jit_image **image; /* owned; the images are, too, unless they lie in store->file */
    UT_hash_handle hh;
};

struct jit_store {
    struct host_mutex lock;
    size_t limit;
    /* guarded by lock */
    uint64_t seed;                /* set once, when the first key is made: keys are nothing that a guest could aim at */
    bool has_seed;
    struct stored_page *pages;
    size_t bytes, new_bytes;      /* of images: all; those not from the file */
    const uint8_t *file;          /* borrowed for the store's life; NULL: none was loaded */
    size_t file_size;
};

/* Lock held. Returns NULL without memory. */
struct stored_page *stored_page_make(struct jit_store *store, const struct page_key *key);
bool stored_page_add(struct stored_page *page, const struct jit_image *image);
