/* SPDX-License-Identifier: ISC */
/* Walking the segments of a transfer, and the loop of every call that sleeps until a file is ready. */
#include "syscall/linux/fs/io.h"

#include "base/error.h"

#include <string.h>

void io_init(struct io *io, struct address_space *space, const struct io_segment *segments, unsigned n,
             struct sched_thread *self) {
    uint64_t size = 0;
    for (unsigned i = 0; i < n; i++) size += segments[i].size < IO_MAX ? segments[i].size : IO_MAX;
    if (size > IO_MAX) size = IO_MAX;
    *io = (struct io){
        .space = space, .segments = segments, .size = size, .left = size, .offset = IO_AT_POSITION, .self = self,
    };
}

static size_t copy(const struct io *io, uint64_t at, void *buf, size_t n, bool push) {
    if (io->space) {
        return push ? space_copy_out_partial(io->space, at, buf, n) : space_copy_in_partial(io->space, buf, at, n);
    }
    void *host = (void *)(uintptr_t)at;
    memcpy(push ? host : buf, push ? buf : host, n);
    return n;
}

static size_t move(struct io *io, unsigned char *buf, size_t n, bool push) {
    size_t moved = 0;
    while (moved < n && io->left) {
        const struct io_segment *segment = io->segments;
        if (io->done_in_segment == segment->size) {
            io->segments++;
            io->done_in_segment = 0;
            continue;
        }
        uint64_t step = segment->size - io->done_in_segment;
        if (step > n - moved) step = n - moved;
        if (step > io->left) step = io->left;
        const size_t did = copy(io, segment->base + io->done_in_segment, buf + moved, step, push);
        io->done_in_segment += did;
        io->left -= did;
        moved += did;
        if (did < step) {
            io->fault = true;
            break;
        }
    }
    return moved;
}

size_t io_push(struct io *io, const void *src, size_t n) {
    return move(io, (unsigned char *)(uintptr_t)src, n, true);
}

size_t io_pull(struct io *io, void *dst, size_t n) {
    return move(io, dst, n, false);
}

void io_unpull(struct io *io, const struct io *before, size_t accepted) {
    const bool fault = io->fault;
    const uint64_t pulled = before->left - io->left;
    if (accepted >= pulled) return;
    uint64_t back = accepted;
    io->segments = before->segments;
    io->done_in_segment = before->done_in_segment;
    io->left = before->left - accepted;
    io->fault = fault && accepted == pulled;
    while (back > io->segments->size - io->done_in_segment) {
        back -= io->segments->size - io->done_in_segment;
        io->segments++;
        io->done_in_segment = 0;
    }
    io->done_in_segment += back;
}

int64_t wait_until(struct wait_queue *queue, struct sched_thread *self, bool nonblock, int64_t deadline_ns,
                   int64_t (*attempt)(void *arg), void *arg) {
    int64_t r = attempt(arg);
    if (r != -EAGAIN || nonblock) return r;
    struct waiter waiter;
    waiter_init(&waiter, self);
    wait_queue_add(queue, &waiter);
    while ((r = attempt(arg)) == -EAGAIN) {
        const int slept = sched_block(self, deadline_ns);
        if (slept == 0) continue;
        r = slept == -EINTR ? -ERESTARTSYS : slept;
        break;
    }
    wait_queue_remove(&waiter);
    return r;
}
