/* SPDX-License-Identifier: ISC */
/* Compression by zstd. */
#include "codec.h"
#include <zstd.h>

static size_t compress_data(void *to, size_t room, const void *from, size_t n, int level) {
    const size_t size = ZSTD_compress(to, room, from, n, level);
    return ZSTD_isError(size) ? 0 : size;
}

static size_t decompress_data(void *to, size_t room, const void *from, size_t n) {
    const size_t size = ZSTD_decompress(to, room, from, n);
    return ZSTD_isError(size) ? 0 : size;
}
