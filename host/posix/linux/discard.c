/* SPDX-License-Identifier: ISC */
/* Giving pages back: only Linux promises that MADV_DONTNEED makes private pages read as zeros at once. */
#include "host/memory.h"

#include <sys/mman.h>

void host_memory_discard(void *at, size_t size) {
    madvise(at, size, MADV_DONTNEED);
}
