/* SPDX-License-Identifier: ISC */
/* Host descriptors that may make us wait. The wait is always sched_block_poll, so that a signal of the guest ends
 * it; only then is the descriptor read or written. Its O_NONBLOCK is never touched: others may share it. */
#include "syscall/linux/fs/host_file.h"

#include "base/error.h"
#include "host/file.h"
#include "host/poll.h"

#include <stdlib.h>

/* Returns 0 when ready, -EAGAIN, -ERESTARTSYS or -E. */
static int wait_ready(int fd, short events, const struct io *io) {
    struct host_pollfd poll = {.fd = fd, .events = events};
    if (io->nonblock) {
        const int r = host_poll(&poll, 1, 0);
        return r > 0 ? 0 : r == 0 || r == -EINTR ? -EAGAIN : r;
    }
    while (!poll.revents) {
        const int r = sched_block_poll(io->self, &poll, 1, SCHED_NEVER);
        if (r == -EINTR) return -ERESTARTSYS;
        if (r) return r;
    }
    return 0;
}

static int64_t read_some(int fd, struct io *io, void *buf, size_t n) {
    int64_t got;
    do {
        const int err = wait_ready(fd, POLLIN, io);
        if (err) return err;
        got = host_file_read_nowait(fd, buf, n);
    } while (got == -EAGAIN && !io->nonblock);
    if (got <= 0) return got == -EINTR ? -ERESTARTSYS : got;
    io_push(io, buf, (size_t)got);
    return io_result(io, -EFAULT);
}

int64_t host_stream_read(struct file *file, struct io *io) {
    if (io->left == 0) return 0;
    const size_t n = io->left < 4 * IO_CHUNK ? (size_t)io->left : 4 * IO_CHUNK;
    void *buf = malloc(n);
    if (!buf) return -ENOMEM;
    const int64_t r = read_some(host_file_of(file)->fd, io, buf, n);
    free(buf);
    return r;
}

static int64_t write_some(int fd, struct io *io, void *buf, size_t n) {
    int64_t put;
    do {
        const int err = wait_ready(fd, POLLOUT, io);
        if (err) return err;
        put = host_file_write_nowait(fd, buf, n);
    } while (put == -EAGAIN && !io->nonblock);
    if (put == -EPIPE) io->broken = true;
    return put == -EINTR ? -ERESTARTSYS : put;
}

static int64_t write_all(int fd, struct io *io, void *buf, size_t size) {
    do {
        const struct io before = *io;
        const size_t n = io_pull(io, buf, size);
        if (n == 0 && io->fault) return io_result(io, -EFAULT);
        const int64_t put = write_some(fd, io, buf, n);
        if (put < (int64_t)n) io_unpull(io, &before, put > 0 ? (size_t)put : 0);
        if (put < 0) return io_result(io, put);
    } while (io->left && !io->fault);
    return io_result(io, 0);
}

int64_t host_stream_write(struct file *file, struct io *io) {
    const size_t n = io->left < IO_CHUNK ? (size_t)io->left : IO_CHUNK;
    void *buf = malloc(n ? n : 1);
    if (!buf) return -ENOMEM;
    const int64_t r = write_all(host_file_of(file)->fd, io, buf, n);
    free(buf);
    return r;
}

unsigned host_stream_poll(struct file *file, struct poll_table *table) {
    const int fd = host_file_of(file)->fd;
    const unsigned events = table ? table->events : POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLWRNORM | POLLRDHUP;
    struct host_pollfd poll = {.fd = fd, .events = (short)events};
    const int r = host_poll(&poll, 1, 0);
    poll_table_add_host(table, fd, events);
    return r > 0 ? (unsigned)poll.revents : 0;
}
