/* SPDX-License-Identifier: ISC */
/* Host virtual memory by mmap(2). Holds no state; any thread may call. */
#include "host/memory.h"

#include "host/posix/error.h"

#include <sys/mman.h>
#include <unistd.h>

static int native_prot(int prot) {
    return (prot & HOST_PROT_READ ? PROT_READ : 0) | (prot & HOST_PROT_WRITE ? PROT_WRITE : 0) |
           (prot & HOST_PROT_EXEC ? PROT_EXEC : 0);
}

static void *map(size_t size, int prot, int flags, int fd, off_t offset) {
    void *at = mmap(NULL, size, prot, flags, fd, offset);
    return at == MAP_FAILED ? NULL : at;
}

size_t host_page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *host_memory_map(size_t size, int prot, int populate) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *at = map(size, native_prot(prot), flags, -1, 0);
    if (at && populate) {
        const size_t page = host_page_size();
        for (size_t i = 0; i < size; i += page) ((volatile char *)at)[i] = 0;
    }
    return at;
}

void *host_memory_reserve(size_t size) {
    return map(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void *host_memory_map_file(int fd, uint64_t offset, size_t size, int prot, int shared, int *err) {
    void *at = map(size, native_prot(prot), shared ? MAP_SHARED : MAP_PRIVATE, fd, (off_t)offset);
    *err = at ? 0 : host_error_last();
    return at;
}

int host_memory_protect(void *at, size_t size, int prot) {
    return mprotect(at, size, native_prot(prot)) == 0 ? 0 : host_error_last();
}

int host_memory_sync(void *at, size_t size, int wait, int invalidate) {
    const int flags = (wait ? MS_SYNC : MS_ASYNC) | (invalidate ? MS_INVALIDATE : 0);
    return msync(at, size, flags) == 0 ? 0 : host_error_last();
}

void host_memory_unmap(void *at, size_t size) {
    munmap(at, size);
}
