/* SPDX-License-Identifier: ISC */
/* Compression by zlib (deflate). */
#include "codec.h"
#include <zlib.h>

static size_t compress_data(void *to, size_t room, const void *from, size_t n, int level) {
    uLongf size = room;
    return compress2(to, &size, from, n, level) == Z_OK ? size : 0;
}

static size_t decompress_data(void *to, size_t room, const void *from, size_t n) {
    uLongf size = room;
    return uncompress(to, &size, from, n) == Z_OK ? size : 0;
}
