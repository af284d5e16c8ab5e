/* SPDX-License-Identifier: ISC */
/* One transfer between a file and memory: where the bytes are (guest memory of a space, or our own), where in the
 * file, and who waits. Files move bytes only by io_push and io_pull, so a bad guest address is noticed while the
 * file still knows how much it may consume. An io belongs to one call of one thread. */
#pragma once

#include "mmu/space.h"
#include "sched/sched.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IO_AT_POSITION (-1)  /* use and advance the file's position */
#define IO_MAX 0x7ffff000u   /* bytes one call moves at most, as read(2) says */
#define IO_CHUNK 65536u      /* size of a bounce buffer */

struct io_segment {
    uint64_t base; /* gva, or a host address when io.space is NULL */
    uint64_t size;
};

struct io {
    struct address_space *space;         /* borrowed; NULL: segments are host memory */
    const struct io_segment *segments;   /* borrowed; advances */
    uint64_t done_in_segment;            /* bytes of segments[0] already moved */
    uint64_t size;                       /* bytes asked for, at most IO_MAX */
    uint64_t left;                       /* bytes not moved yet */
    int64_t offset;                      /* file offset, or IO_AT_POSITION; does not advance */
    struct sched_thread *self;           /* who sleeps; NULL only with nonblock */
    bool nonblock;                       /* -EAGAIN instead of sleeping (O_NONBLOCK, RWF_NOWAIT) */
    bool append;                         /* write at the end (RWF_APPEND) */
    bool sync;                           /* RWF_DSYNC, RWF_SYNC */
    bool fault;                          /* a push or pull stopped at a bad address */
    bool broken;                         /* nobody reads any more: the caller raises SIGPIPE */
};

/* At the file's position, sleeping if need be. The io keeps a pointer to segments[n], n of them. */
void io_init(struct io *io, struct address_space *space, const struct io_segment *segments, unsigned n,
             struct sched_thread *self);
/* Copies up to n bytes to (push) or from (pull) the memory and advances. Return the bytes moved; less than
 * min(n, left) only at a bad address, with io->fault set. */
size_t io_push(struct io *io, const void *src, size_t n);
size_t io_pull(struct io *io, void *dst, size_t n);
/* Takes back the last n bytes pulled: the file did not accept them. */
void io_unpull(struct io *io, const struct io *before, size_t accepted);

static inline uint64_t io_moved(const struct io *io) {
    return io->size - io->left;
}

/* What the call returns: the bytes moved, or else err, or else -EFAULT after a fault. */
static inline int64_t io_result(const struct io *io, int64_t err) {
    if (io_moved(io)) return (int64_t)io_moved(io);
    return err;
}

/* Sleeps on queue until attempt(arg) returns something else than -EAGAIN. With nonblock, returns -EAGAIN at once.
 * deadline_ns: absolute monotonic. Returns attempt's result, -EAGAIN, -ETIMEDOUT, or -ERESTARTSYS for a signal.
 * Locks: the caller holds none; attempt takes its own. */
int64_t wait_until(struct wait_queue *queue, struct sched_thread *self, bool nonblock, int64_t deadline_ns,
                   int64_t (*attempt)(void *arg), void *arg);
