/* SPDX-License-Identifier: ISC */
/* Compression by xz (LZMA2). */
#include "codec.h"
#include <lzma.h>

static size_t compress_data(void *to, size_t room, const void *from, size_t n, int level) {
    size_t size = 0;
    return lzma_easy_buffer_encode(level, LZMA_CHECK_CRC64, NULL, from, n, to, &size, room) == LZMA_OK ? size : 0;
}

static size_t decompress_data(void *to, size_t room, const void *from, size_t n) {
    uint64_t memory_limit = UINT64_MAX;
    size_t read = 0, size = 0;
    return lzma_stream_buffer_decode(&memory_limit, 0, NULL, from, &read, n, to, &size, room) == LZMA_OK ? size : 0;
}
