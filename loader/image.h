/* SPDX-License-Identifier: ISC */
/* The headers of an ELF image, read and checked, and the image put into memory. For loader/ only.
 * Invariant after image_read: every PT_LOAD ends without overflow below 2^63, and low <= high. */
#pragma once

#include "loader/elf_format.h"
#include "loader/load.h"

enum {
    IMAGE_MAX_SEGMENTS = 65536 / sizeof(struct elf_segment), /* Linux refuses larger tables */
    IMAGE_PATH_MAX = 4096,
};

struct image {
    struct loader_file *file;     /* borrowed */
    struct elf_header header;
    struct elf_segment *segment;  /* owned; n_segments of them */
    unsigned n_segments;
    uint64_t low, high;           /* of all PT_LOADs as linked: [page of the first byte, last byte + 1) */
    uint64_t align;               /* largest p_align of a PT_LOAD that is a power of two, at least a page */
    bool has_load;
    /* Filled by image_map. */
    uint64_t bias;                /* loaded minus linked address */
    uint64_t code_start, code_end, data_start, data_end, end;
};

/* Why bytes that are not an x86-64 ELF file cannot run, in words. n: how many bytes are valid. */
void image_describe_foreign(const uint8_t *bytes, size_t n, char *out, size_t out_size);

/* Reads and checks the headers. bad: the error for everything that is not an image (-ENOEXEC, -ELIBBAD).
 * Returns 0, bad, -ENOMEM, or -E of reading. The image is to be given to image_fini in any case. */
int image_read(struct load *load, struct image *image, struct loader_file *file, int bad);
/* Also for an image that is all zero. */
void image_fini(struct image *image);
/* Copies the path of the first PT_INTERP. Returns its length, 0 when there is none, or -E. */
int image_interpreter(struct load *load, const struct image *image, char path[IMAGE_PATH_MAX]);
/* Whether PT_GNU_STACK asks for an executable stack. */
bool image_wants_exec_stack(const struct image *image);

/* Maps all segments with image->bias. Returns 0 or -E. */
int image_map(struct load *load, struct image *image);
/* Sets the bias so that the image lies where mmap would put it. Returns 0 or -E. */
int image_place_anywhere(struct load *load, struct image *image);

static inline uint64_t image_entry(const struct image *image) {
    return image->header.entry + image->bias;
}
/* Where the program headers are in memory, 0 when no segment holds them. */
uint64_t image_headers(const struct image *image);
