/* SPDX-License-Identifier: ISC */
/* Pipes: a ring of bytes between the files that are its ends. Counted by its ends (and by the table of FIFOs).
 * A write of at most PIPE_BUF bytes is one piece; a pipe has room for one iff POLLOUT. Source: pipe(7). */
#pragma once

#include "syscall/linux/fs/file.h"

enum { PIPE_BUF = 4096, PIPE_DEFAULT_SIZE = 65536, PIPE_MAX_SIZE = 1 << 20 };

struct fifo;

struct pipe {
    _Atomic uint32_t count;
    uint64_t ino;                /* immutable */
    struct wait_queue read_wait; /* data came, or the last writer went, or (FIFO) a writer came */
    struct wait_queue write_wait;
    struct host_mutex lock;
    /* guarded by lock */
    unsigned char *ring;         /* owned */
    uint32_t size, head, used;   /* head: next byte to read */
    uint32_t reserved;           /* taken by splice(2), which may put it back: no room for others */
    uint32_t n_readers, n_writers;
    uint32_t readers_ever, writers_ever; /* how many ends were opened: what a FIFO's open waits for */
};

struct pipe_end {
    struct file file;
    struct pipe *pipe;           /* counted */
    struct fifo *fifo;           /* counted; NULL for pipe(2) */
    uint32_t writers_at_open;    /* writers_ever then: no POLLHUP before one came */
};

struct pipe *pipe_new(uint64_t ino);
void pipe_put(struct pipe *pipe);
/* A new end; it counts as reader, writer or both by flags. Returns NULL without memory. */
struct pipe_end *pipe_end_new(struct vfs *vfs, struct pipe *pipe, int flags);
/* Both ends for pipe2(2): files[0] reads. flags: O_NONBLOCK, O_DIRECT is -EINVAL. */
int pipe_open_pair(struct vfs *vfs, int flags, struct file *files[2]);
/* F_GETPIPE_SZ, F_SETPIPE_SZ; -EBADF when the file is no pipe. */
int pipe_get_size(struct file *file);
int pipe_set_size(struct file *file, uint64_t size);
/* For splice(2) and tee(2); the files are pipe ends. Takes up to n bytes, sleeping while there are none: their number, 0 at the end,
 * or -E. pipe_settle must follow: the last n - accepted of them go back to the front. */
int64_t pipe_take(struct file *file, struct sched_thread *self, bool nonblock, void *bytes, size_t n);
void pipe_settle(struct file *file, const void *bytes, size_t n, size_t accepted);
/* Copies up to n bytes without taking them, sleeping while there are none: their number, 0 at the end, or -E. */
int64_t pipe_peek(struct file *file, struct sched_thread *self, bool nonblock, void *bytes, size_t n);
/* Sleeps until there is room: for how many bytes, at most n. -EPIPE: nobody reads. */
int64_t pipe_wait_room(struct file *file, struct sched_thread *self, bool nonblock, size_t n);
bool pipe_same(struct file *a, struct file *b);
bool file_is_pipe(const struct file *file);
