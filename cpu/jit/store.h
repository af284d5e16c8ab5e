/* SPDX-License-Identifier: ISC */
/* Translations kept apart from any space, for later ones and for other processes of the machine. A unit is found by the content of the
 * page that it begins in and its place there, so it does not matter what file that is, where it is mapped, or whether it has changed since:
 * other bytes are another page. What an image looks like inside is the translator's business. Thread-safe but for loading and saving. */
#pragma once

#include "mmu/space.h"

struct jit_store;

struct page_key {
    uint64_t hash[2];
};

/* In front of each image. */
struct jit_image {
    uint32_t size;   /* with this, a multiple of 8 */
    uint32_t offset; /* of the entry in its page */
};

/* limit: bytes of images; when they are more, those not used lately go. Returns NULL without memory. */
struct jit_store *jit_store_new(size_t limit);
void jit_store_free(struct jit_store *store);
/* kind: code of different kinds is never taken for another. */
struct page_key jit_store_key(struct jit_store *store, unsigned kind, const uint8_t page[GUEST_PAGE_SIZE]);

/* Keeps a copy of the image, unless there is one at that place already. */
void jit_store_add(struct jit_store *store, const struct page_key *page, const struct jit_image *image);
/* Calls use with the image at that place of the page and the store locked. Returns what it does; false: there is none. */
typedef bool jit_store_use_fn(void *arg, const struct jit_image *image);
bool jit_store_find(struct jit_store *store, const struct page_key *page, uint32_t offset, jit_store_use_fn *use, void *arg);

/* As a file. maker: whose images they are: nobody else's are taken. */
struct jit_store_maker {
    uint64_t id[4];
};
/* Uses the images in a file's bytes, which stay the caller's while the store lives and may change meanwhile; only at the start. What is looked
 * at now is the index; an image that is damaged is as if it were not there. Returns 0, or -EINVAL: it is damaged, or not by that maker; then
 * nothing of it is used. */
int jit_store_load(struct jit_store *store, const void *bytes, size_t n, const struct jit_store_maker *maker);
/* Whether a file would say much that the one loaded does not. */
bool jit_store_has_news(const struct jit_store *store);
/* The file's bytes, to be freed by the caller; *n of them. Pages that have not been used in many runs are left out. NULL without memory. */
void *jit_store_save(struct jit_store *store, const struct jit_store_maker *maker, size_t *n);
