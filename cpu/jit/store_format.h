/* SPDX-License-Identifier: ISC */
/* The head of a store's file. Behind it come the index (buckets, pages in the order of their keys, images) and the images' bytes. For
 * store_file.c and store_save.c only. */
#pragma once

#include "cpu/jit/store_internal.h"

enum { STORE_FORMAT = 2 };

struct file_head {
    uint64_t checksum[2]; /* of the rest of the head and of the index */
    char magic[8];
    uint32_t format, n_pages, n_images, reserved;
    struct jit_store_maker maker;
    uint64_t seed, size;  /* size: of the file */
};

extern const char store_magic[8];

/* Sets the checksum. */
void store_index_checksum(struct file_head *head, const void *index);
uint64_t store_image_checksum(const void *image, size_t n);
/* A power of two of buckets, about one for each page; two numbers more than buckets are in the index. */
unsigned store_bucket_bits(uint32_t n_pages);
size_t store_index_size(const struct file_head *head);
/* A copy that was found good, until the next call; NULL: it is damaged. */
const struct jit_image *stored_file_copy(struct stored_file *file, const struct file_image *image);
