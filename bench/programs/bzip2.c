/* SPDX-License-Identifier: ISC */
/* Compression by bzip2. */
#include "codec.h"
#include <bzlib.h>

static size_t compress_data(void *to, size_t room, const void *from, size_t n, int level) {
    unsigned size = room;
    return BZ2_bzBuffToBuffCompress(to, &size, (char *)from, n, level, 0, 0) == BZ_OK ? size : 0;
}

static size_t decompress_data(void *to, size_t room, const void *from, size_t n) {
    unsigned size = room;
    return BZ2_bzBuffToBuffDecompress(to, &size, (char *)from, n, 0, 0) == BZ_OK ? size : 0;
}
