/* SPDX-License-Identifier: ISC */
/* Moving bytes through a pipe and everything else its ends can do. Queues are woken after the lock is released. */
#include "syscall/linux/fs/pipe.h"

#include "base/error.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/fs/fifo.h"
#include "syscall/linux/fs/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pipe *pipe_new(uint64_t ino) {
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) return NULL;
    pipe->ring = malloc(PIPE_DEFAULT_SIZE);
    if (!pipe->ring) {
        free(pipe);
        return NULL;
    }
    atomic_init(&pipe->count, 1);
    pipe->size = PIPE_DEFAULT_SIZE;
    pipe->ino = ino;
    host_mutex_init(&pipe->lock);
    wait_queue_init(&pipe->read_wait);
    wait_queue_init(&pipe->write_wait);
    return pipe;
}

void pipe_put(struct pipe *pipe) {
    if (atomic_fetch_sub_explicit(&pipe->count, 1, memory_order_acq_rel) != 1) return;
    wait_queue_fini(&pipe->read_wait);
    wait_queue_fini(&pipe->write_wait);
    host_mutex_fini(&pipe->lock);
    free(pipe->ring);
    free(pipe);
}

static struct pipe *pipe_of(struct file *file) {
    return ((struct pipe_end *)file)->pipe;
}

/* One side of a transfer that may sleep. */
struct attempt {
    struct pipe *pipe;
    struct io *io;
};

/* Moves bytes between the ring at `at` and the memory, in at most two pieces. Returns the bytes moved. */
static uint32_t move_locked(struct pipe *pipe, struct io *io, uint32_t at, uint32_t n,
                            size_t (*op)(struct io *, unsigned char *, size_t)) {
    uint32_t moved = 0;
    while (moved < n) {
        const uint32_t from = (at + moved) % pipe->size;
        const uint32_t room = pipe->size - from;
        const uint32_t step = n - moved < room ? n - moved : room;
        const uint32_t did = (uint32_t)op(io, pipe->ring + from, step);
        moved += did;
        if (did < step) break;
    }
    return moved;
}

static size_t push(struct io *io, unsigned char *at, size_t n) {
    return io_push(io, at, n);
}

static size_t pull(struct io *io, unsigned char *at, size_t n) {
    return io_pull(io, at, n);
}

static int64_t try_read(void *arg) {
    const struct attempt *a = arg;
    struct pipe *pipe = a->pipe;
    host_mutex_lock(&pipe->lock);
    const uint32_t n = a->io->left < pipe->used ? (uint32_t)a->io->left : pipe->used;
    const uint32_t moved = move_locked(pipe, a->io, pipe->head, n, push);
    pipe->head = (pipe->head + moved) % pipe->size;
    pipe->used -= moved;
    const bool end = pipe->used == 0 && pipe->n_writers == 0;
    host_mutex_unlock(&pipe->lock);
    if (moved) {
        wait_queue_wake(&pipe->write_wait);
        return moved;
    }
    return a->io->fault ? -EFAULT : end ? 0 : -EAGAIN;
}

static int64_t pipe_read(struct file *file, struct io *io) {
    if (io->left == 0) return 0;
    struct attempt a = {pipe_of(file), io};
    return wait_until(&a.pipe->read_wait, io->self, io->nonblock, SCHED_NEVER, try_read, &a);
}

static uint32_t write_locked(struct pipe *pipe, struct io *io) {
    const uint32_t room = pipe->size - pipe->used - pipe->reserved;
    if (io->left > room && (room == 0 || (io->size <= PIPE_BUF && io->left <= PIPE_BUF))) return 0;
    const uint32_t n = io->left < room ? (uint32_t)io->left : room;
    const uint32_t moved = move_locked(pipe, io, (pipe->head + pipe->used) % pipe->size, n, pull);
    pipe->used += moved;
    return moved;
}

static int64_t try_write(void *arg) {
    const struct attempt *a = arg;
    struct pipe *pipe = a->pipe;
    uint32_t moved = 0;
    host_mutex_lock(&pipe->lock);
    if (pipe->n_readers == 0) {
        a->io->broken = true;
    } else {
        moved = write_locked(pipe, a->io);
    }
    host_mutex_unlock(&pipe->lock);
    if (moved) wait_queue_wake(&pipe->read_wait);
    if (a->io->broken) return -EPIPE;
    if (a->io->fault) return -EFAULT;
    return a->io->left ? -EAGAIN : 0;
}

static int64_t pipe_write(struct file *file, struct io *io) {
    if (io->left == 0) return 0;
    struct attempt a = {pipe_of(file), io};
    return io_result(io, wait_until(&a.pipe->write_wait, io->self, io->nonblock, SCHED_NEVER, try_write, &a));
}

static unsigned pipe_poll(struct file *file, struct poll_table *table) {
    const struct pipe_end *end = (struct pipe_end *)file;
    struct pipe *pipe = end->pipe;
    unsigned events = 0;
    if (file_readable(file)) poll_table_add(table, &pipe->read_wait);
    if (file_writable(file)) poll_table_add(table, &pipe->write_wait);
    host_mutex_lock(&pipe->lock);
    if (file_readable(file)) {
        if (pipe->used) events |= POLLIN | POLLRDNORM;
        if (pipe->n_writers == 0 && pipe->writers_ever != end->writers_at_open) events |= POLLHUP;
    }
    if (file_writable(file)) {
        if (pipe->size - pipe->used - pipe->reserved >= PIPE_BUF) events |= POLLOUT | POLLWRNORM;
        if (pipe->n_readers == 0) events |= POLLERR;
    }
    host_mutex_unlock(&pipe->lock);
    return events;
}

static int64_t pipe_ioctl(struct file *file, const struct ioctl_call *call) {
    struct pipe *pipe = pipe_of(file);
    if (call->cmd != FIONREAD) return -ENOTTY;
    host_mutex_lock(&pipe->lock);
    const int32_t used = (int32_t)pipe->used;
    host_mutex_unlock(&pipe->lock);
    return space_copy_out(call->space, call->arg, &used, sizeof used);
}

static int pipe_stat(struct file *file, struct linux_stat *out) {
    if (file->node) return node_stat(file->node, out);
    *out = (struct linux_stat){
        .dev = dev_make(0, 13), .ino = pipe_of(file)->ino, .nlink = 1, .mode = S_IFIFO | 0600, .blksize = 4096,
    };
    return 0;
}

static int pipe_reopen(struct file *file, int flags, struct file **out) {
    struct pipe_end *end = pipe_end_new(file->vfs, pipe_of(file), flags);
    if (!end) return -ENOMEM;
    *out = &end->file;
    return 0;
}

static int64_t pipe_path(struct file *file, char *out, size_t size) {
    if (file->node) return vfs_host_path(file->vfs, node_host_fd(file->node), out, size);
    char text[32];
    const int n = snprintf(text, sizeof text, "pipe:[%llu]", (unsigned long long)pipe_of(file)->ino);
    const size_t copied = (size_t)n < size ? (size_t)n : size;
    memcpy(out, text, copied);
    return (int64_t)copied;
}

static void pipe_release(struct file *file) {
    struct pipe_end *end = (struct pipe_end *)file;
    struct pipe *pipe = end->pipe;
    host_mutex_lock(&pipe->lock);
    pipe->n_readers -= file_readable(file);
    pipe->n_writers -= file_writable(file);
    host_mutex_unlock(&pipe->lock);
    wait_queue_wake_all(&pipe->read_wait);
    wait_queue_wake_all(&pipe->write_wait);
    if (end->fifo) fifo_put(file->vfs, end->fifo);
    pipe_put(pipe);
    file_fini(file);
    free(end);
}

static const struct file_ops ops = {
    .kind = "pipe", .read = pipe_read, .write = pipe_write, .ioctl = pipe_ioctl, .poll = pipe_poll,
    .stat = pipe_stat, .reopen = pipe_reopen, .path = pipe_path, .release = pipe_release,
};

bool file_is_pipe(const struct file *file) {
    return file->ops == &ops;
}

struct pipe_end *pipe_end_new(struct vfs *vfs, struct pipe *pipe, int flags) {
    struct pipe_end *end = calloc(1, sizeof *end);
    if (!end) return NULL;
    file_init(&end->file, vfs, &ops, flags);
    end->pipe = pipe;
    atomic_fetch_add_explicit(&pipe->count, 1, memory_order_relaxed);
    host_mutex_lock(&pipe->lock);
    if (file_readable(&end->file)) {
        pipe->n_readers++;
        pipe->readers_ever++;
    }
    end->writers_at_open = pipe->n_writers ? pipe->writers_ever - 1 : pipe->writers_ever;
    if (file_writable(&end->file)) {
        pipe->n_writers++;
        pipe->writers_ever++;
    }
    host_mutex_unlock(&pipe->lock);
    wait_queue_wake_all(&pipe->read_wait);
    wait_queue_wake_all(&pipe->write_wait);
    return end;
}

int pipe_open_pair(struct vfs *vfs, int flags, struct file *files[2]) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    struct pipe *pipe = pipe_new(vfs_next_ino(vfs));
    if (!pipe) return -ENOMEM;
    struct pipe_end *reader = pipe_end_new(vfs, pipe, O_RDONLY | (flags & O_NONBLOCK));
    struct pipe_end *writer = pipe_end_new(vfs, pipe, O_WRONLY | (flags & O_NONBLOCK));
    pipe_put(pipe);
    if (reader && writer) {
        files[0] = &reader->file;
        files[1] = &writer->file;
        return 0;
    }
    file_put(reader ? &reader->file : NULL);
    file_put(writer ? &writer->file : NULL);
    return -ENOMEM;
}

int pipe_get_size(struct file *file) {
    if (!file_is_pipe(file)) return -EBADF;
    struct pipe *pipe = pipe_of(file);
    host_mutex_lock(&pipe->lock);
    const int size = (int)pipe->size;
    host_mutex_unlock(&pipe->lock);
    return size;
}

/* Moves the bytes to a new ring. Returns 0 or -EBUSY. */
static int resize_locked(struct pipe *pipe, unsigned char *ring, uint32_t size) {
    if (pipe->used + pipe->reserved > size) return -EBUSY;
    for (uint32_t i = 0; i < pipe->used; i++) ring[i] = pipe->ring[(pipe->head + i) % pipe->size];
    pipe->ring = ring;
    pipe->size = size;
    pipe->head = 0;
    return 0;
}

int pipe_set_size(struct file *file, uint64_t wanted) {
    if (!file_is_pipe(file)) return -EBADF;
    if (wanted > INT32_MAX) return -EINVAL;
    if (wanted > PIPE_MAX_SIZE) return -EPERM;
    uint32_t size = PIPE_BUF;
    while (size < wanted) size *= 2;
    unsigned char *ring = malloc(size);
    if (!ring) return -ENOMEM;
    struct pipe *pipe = pipe_of(file);
    host_mutex_lock(&pipe->lock);
    unsigned char *old = pipe->ring;
    const int r = resize_locked(pipe, ring, size);
    host_mutex_unlock(&pipe->lock);
    free(r ? ring : old);
    wait_queue_wake_all(&pipe->write_wait);
    return r ? r : (int)size;
}
