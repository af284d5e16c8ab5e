/* SPDX-License-Identifier: ISC */
/* Memory for code by memfd_create(2), or, private, by mmap(2). */
#include "host/code.h"

#include "host/posix/error.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int map_both(struct host_code *out, int fd, void *exec_at) {
    out->write = mmap(NULL, out->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (out->write == MAP_FAILED) return host_error_last();
    out->exec = mmap(exec_at, out->size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    if (out->exec != MAP_FAILED) return 0;
    const int err = host_error_last();
    munmap(out->write, out->size);
    return err;
}

int host_code_map(struct host_code *out, void *exec_at, size_t size) {
    const int fd = memfd_create("lockstep code", MFD_CLOEXEC);
    if (fd < 0) return host_error_last();
    *out = (struct host_code){.size = size};
    int err = ftruncate(fd, (off_t)size) == 0 ? 0 : host_error_last();
    if (!err) err = map_both(out, fd, exec_at);
    close(fd);
    return err;
}

int host_code_map_private(struct host_code *out, void *exec_at, size_t size) {
    void *got = mmap(exec_at, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (got == MAP_FAILED) return host_error_last();
    *out = (struct host_code){.exec = got, .write = got, .size = size};
    return 0;
}

void host_code_populate(const struct host_code *code, size_t offset, size_t n) {
    madvise((char *)code->write + offset, n, MADV_POPULATE_WRITE);
    madvise((char *)code->exec + offset, n, MADV_POPULATE_READ);
}

void host_code_unmap(struct host_code *code) {
    if (code->write != code->exec) munmap(code->write, code->size);
    host_code_unmap_data(code->exec, code->size);
}

int host_code_map_data(void *at, size_t size) {
    void *got = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return got == MAP_FAILED ? host_error_last() : 0;
}

void host_code_unmap_data(void *at, size_t size) {
    mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}
