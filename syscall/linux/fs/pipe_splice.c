/* SPDX-License-Identifier: ISC */
/* What splice(2) and tee(2) do with a pipe beside reading and writing: looking without taking, putting back, waiting for room. */
#include "base/error.h"
#include "syscall/linux/fs/pipe.h"

static struct pipe *pipe_of(struct file *file) {
    return ((struct pipe_end *)file)->pipe;
}

bool pipe_same(struct file *a, struct file *b) {
    return pipe_of(a) == pipe_of(b);
}

struct attempt {
    struct pipe *pipe;
    unsigned char *bytes;
    size_t n;
};

static size_t copy_out_locked(const struct attempt *a) {
    const struct pipe *pipe = a->pipe;
    const size_t n = a->n < pipe->used ? a->n : pipe->used;
    for (size_t i = 0; i < n; i++) a->bytes[i] = pipe->ring[(pipe->head + i) % pipe->size];
    return n;
}

static int64_t try_peek(void *arg) {
    const struct attempt *a = arg;
    host_mutex_lock(&a->pipe->lock);
    const size_t n = copy_out_locked(a);
    const bool end = n == 0 && a->pipe->n_writers == 0;
    host_mutex_unlock(&a->pipe->lock);
    return n ? (int64_t)n : end ? 0 : -EAGAIN;
}

static int64_t try_take(void *arg) {
    const struct attempt *a = arg;
    struct pipe *pipe = a->pipe;
    host_mutex_lock(&pipe->lock);
    const size_t n = copy_out_locked(a);
    const bool end = n == 0 && pipe->n_writers == 0;
    pipe->head = (uint32_t)((pipe->head + n) % pipe->size);
    pipe->used -= (uint32_t)n;
    pipe->reserved += (uint32_t)n;
    host_mutex_unlock(&pipe->lock);
    return n ? (int64_t)n : end ? 0 : -EAGAIN;
}

static int64_t attempt(struct file *file, struct sched_thread *self, bool nonblock, struct attempt *a,
                       int64_t (*try)(void *arg), struct wait_queue *queue) {
    nonblock |= (atomic_load(&file->flags) & O_NONBLOCK) != 0;
    return wait_until(queue, self, nonblock, SCHED_NEVER, try, a);
}

int64_t pipe_peek(struct file *file, struct sched_thread *self, bool nonblock, void *bytes, size_t n) {
    struct attempt a = {pipe_of(file), bytes, n};
    return attempt(file, self, nonblock, &a, try_peek, &a.pipe->read_wait);
}

int64_t pipe_take(struct file *file, struct sched_thread *self, bool nonblock, void *bytes, size_t n) {
    struct attempt a = {pipe_of(file), bytes, n};
    return attempt(file, self, nonblock, &a, try_take, &a.pipe->read_wait);
}

void pipe_settle(struct file *file, const void *bytes, size_t n, size_t accepted) {
    struct pipe *pipe = pipe_of(file);
    const unsigned char *from = (const unsigned char *)bytes + accepted;
    const uint32_t back = (uint32_t)(n - accepted);
    host_mutex_lock(&pipe->lock);
    pipe->reserved -= (uint32_t)n;
    pipe->head = (pipe->head + pipe->size - back) % pipe->size;
    for (uint32_t i = 0; i < back; i++) pipe->ring[(pipe->head + i) % pipe->size] = from[i];
    pipe->used += back;
    host_mutex_unlock(&pipe->lock);
    if (back) wait_queue_wake(&pipe->read_wait);
    if (accepted) wait_queue_wake(&pipe->write_wait);
}

static int64_t try_room(void *arg) {
    const struct attempt *a = arg;
    host_mutex_lock(&a->pipe->lock);
    const size_t room = a->pipe->size - a->pipe->used - a->pipe->reserved;
    const bool broken = a->pipe->n_readers == 0;
    host_mutex_unlock(&a->pipe->lock);
    if (broken) return -EPIPE;
    return room ? (int64_t)(a->n < room ? a->n : room) : -EAGAIN;
}

int64_t pipe_wait_room(struct file *file, struct sched_thread *self, bool nonblock, size_t n) {
    struct attempt a = {.pipe = pipe_of(file), .n = n};
    return attempt(file, self, nonblock, &a, try_room, &a.pipe->write_wait);
}
