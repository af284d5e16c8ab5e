/* SPDX-License-Identifier: ISC */
/* Touching many pages in one call, huge pages, and freeing the blocks under a mapping: Linux has calls for it. */
#include "host/backing.h"
#include "host/memory.h"
#include "host/posix/error.h"

#include <fcntl.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void host_memory_populate(void *at, size_t size) {
    if (madvise(at, size, MADV_POPULATE_WRITE) == 0) return;
    const size_t page = host_page_size();
    for (size_t i = 0; i < size; i += page) {
        volatile char *byte = (volatile char *)at + i;
        *byte = *byte;
    }
}

void host_memory_use_huge_pages(void *at, size_t size) {
    madvise(at, size, MADV_HUGEPAGE);
}

int host_backing_punch(int fd, uint64_t offset, uint64_t size) {
    const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(fd, mode, (off_t)offset, (off_t)size) == 0 ? 0 : host_error_last();
}
