/* SPDX-License-Identifier: ISC */
/* Mapping inside reserved ranges by mmap(2) and mremap(2). A refused MAP_FIXED may leave a hole, which is reserved again at once. */
#include "host/backing.h"
#include "host/memory.h"
#include "host/posix/error.h"

#include "base/error.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { RESERVED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };

int host_memory_reserve_at(void *at, size_t size) {
    void *got = mmap(at, size, PROT_NONE, RESERVED | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == at) return 0;
    if (got == MAP_FAILED) return host_error_last();
    munmap(got, size); /* a host that does not know the flag takes the address for a hint */
    return -EEXIST;
}

static int native_prot(int prot) {
    return (prot & HOST_PROT_READ ? PROT_READ : 0) | (prot & HOST_PROT_WRITE ? PROT_WRITE : 0);
}

int host_memory_place(void *at, size_t size, int prot, int fd, uint64_t offset, int flags) {
    const int native = MAP_FIXED | (flags & HOST_PLACE_SHARED ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
                       (flags & HOST_PLACE_NO_RESERVE ? MAP_NORESERVE : 0);
    if (mmap(at, size, native_prot(prot), native, fd, (off_t)offset) == at) return 0;
    const int err = host_error_last();
    mmap(at, size, PROT_NONE, RESERVED | MAP_FIXED, -1, 0);
    return err;
}

int host_memory_vacate(void *at, size_t size) {
    return mmap(at, size, PROT_NONE, RESERVED | MAP_FIXED, -1, 0) == at ? 0 : host_error_last();
}

int host_memory_move(void *from, void *to, size_t size) {
    const int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    return mremap(from, size, size, flags, to) == to ? 0 : host_error_last();
}

int host_memory_advise(void *at, size_t size, int advice) {
    return madvise(at, size, advice) == 0 ? 0 : host_error_last();
}

int host_memory_resident(void *at, size_t size, uint8_t *out) {
    return mincore(at, size, out) == 0 ? 0 : host_error_last();
}

int host_backing_new_memory(uint64_t size) {
    const int fd = memfd_create("lockstep", MFD_CLOEXEC);
    if (fd < 0) return host_error_last();
    if (ftruncate(fd, (off_t)size) == 0) return fd;
    const int err = host_error_last();
    close(fd);
    return err;
}
