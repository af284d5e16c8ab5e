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
    const struct io_segment *segments;   /* borrowed */
    unsigned n_segments;
    uint64_t done_in_segment;            /* bytes of segments[0] already moved */
    uint64_t left;                       /* bytes not moved yet */
    int64_t offset;                      /* file offset, or IO_AT_POSITION */
    struct sched_thread *self;           /* who sleeps; NULL only with nonblock */
    bool nonblock;                       /* -EAGAIN instead of sleeping (O_NONBLOCK, RWF_NOWAIT) */
    bool append;                         /* write at the end (RWF_APPEND) */
    bool sync;                           /* RWF_DSYNC, RWF_SYNC */
    bool fault;                          /* a push or pull stopped at a bad address */
};

/* One segment. The io keeps a pointer to *segment. */
void io_init(struct io *io, struct address_space *space, const struct io_segment *segments, unsigned n,
             struct sched_thread *self);
/* Copies up to n bytes to (push) or from (pull) the memory and advances. Return the bytes moved; less than
 * min(n, left) only at a bad address, with io->fault set. */
size_t io_push(struct io *io, const void *src, size_t n);
size_t io_pull(struct io *io, void *dst, size_t n);
