/* SPDX-License-Identifier: ISC */
/* Reading and writing host files that never make a reader wait, through a bounce buffer. The position is the host
 * description's own, because an inherited one is shared with other host processes. */
#include "syscall/linux/fs/host_file.h"

#include "base/error.h"
#include "host/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { SMALL = 4096 };

static size_t chunk_of(const struct io *io) {
    return io->left < IO_CHUNK ? (size_t)io->left : IO_CHUNK;
}

static int64_t read_chunk(int fd, const struct io *io, void *buf, size_t n) {
    if (io->offset == IO_AT_POSITION) return host_file_read(fd, buf, n);
    return host_file_read_at(fd, buf, n, io->offset + (int64_t)io_moved(io));
}

static int64_t read_all(int fd, struct io *io, void *buf, size_t size) {
    do {
        const size_t n = io->left < size ? (size_t)io->left : size;
        const int64_t got = read_chunk(fd, io, buf, n);
        if (got <= 0) return io_result(io, got == -EINTR ? -ERESTARTSYS : got);
        const size_t pushed = io_push(io, buf, (size_t)got);
        if (pushed < (size_t)got) {
            if (io->offset == IO_AT_POSITION) host_file_seek(fd, (int64_t)pushed - got, SEEK_CUR);
            return io_result(io, -EFAULT);
        }
        if ((size_t)got < n) break;
    } while (io->left);
    return io_result(io, 0);
}

static int64_t write_chunk(int fd, const struct io *io, const void *buf, size_t n, uint64_t moved) {
    const int64_t at = io->offset == IO_AT_POSITION ? -1 : io->offset + (int64_t)moved;
    if (io->append || io->sync) return host_file_write_special(fd, buf, n, at, io->append, io->sync);
    return at < 0 ? host_file_write(fd, buf, n) : host_file_write_at(fd, buf, n, at);
}

static int64_t write_all(int fd, struct io *io, void *buf, size_t size) {
    do {
        const struct io before = *io;
        const size_t n = io_pull(io, buf, size);
        if (n == 0 && io->fault) return io_result(io, -EFAULT);
        const int64_t put = write_chunk(fd, io, buf, n, io_moved(&before));
        if (put < (int64_t)n) io_unpull(io, &before, put > 0 ? (size_t)put : 0);
        if (put < 0) return io_result(io, put == -EINTR ? -ERESTARTSYS : put);
        if ((size_t)put < n || io->fault) break;
    } while (io->left);
    return io_result(io, 0);
}

static int64_t with_buffer(struct file *file, struct io *io, int64_t (*fn)(int, struct io *, void *, size_t)) {
    const int fd = host_file_of(file)->fd;
    char small[SMALL];
    const size_t size = chunk_of(io);
    if (size <= sizeof small) return fn(fd, io, small, sizeof small);
    void *buf = malloc(size);
    if (!buf) return fn(fd, io, small, sizeof small);
    const int64_t r = fn(fd, io, buf, size);
    free(buf);
    return r;
}

int64_t host_regular_read(struct file *file, struct io *io) {
    return with_buffer(file, io, read_all);
}

int64_t host_regular_write(struct file *file, struct io *io) {
    return with_buffer(file, io, write_all);
}
