/* SPDX-License-Identifier: ISC */
/* The table of named pipes in use. An entry lives as long as an end of it is open or being opened. */
#include "syscall/linux/fs/fifo.h"

#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/fs/pipe.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>
#include <uthash.h>

struct fifo_key {
    uint64_t dev, ino;
};

struct fifo {
    struct fifo_key key;
    struct pipe *pipe; /* counted */
    unsigned users;    /* guarded by the table's lock */
    UT_hash_handle hh;
};

struct fifo_table {
    struct host_mutex lock;
    struct fifo *fifos; /* guarded by lock */
};

struct fifo_table *fifo_table_new(void) {
    struct fifo_table *table = calloc(1, sizeof *table);
    if (table) host_mutex_init(&table->lock);
    return table;
}

void fifo_table_free(struct fifo_table *table) {
    if (!table) return;
    host_mutex_fini(&table->lock);
    free(table);
}

static struct fifo *add_locked(struct fifo_table *table, const struct fifo_key *key) {
    struct fifo *fifo = calloc(1, sizeof *fifo);
    if (!fifo) return NULL;
    fifo->key = *key;
    fifo->pipe = pipe_new(key->ino);
    if (!fifo->pipe) {
        free(fifo);
        return NULL;
    }
    HASH_ADD(hh, table->fifos, key, sizeof *key, fifo);
    return fifo;
}

static struct fifo *fifo_get(struct vfs *vfs, const struct host_node *node) {
    const struct fifo_key key = {node->dev, node->ino};
    struct fifo *fifo;
    host_mutex_lock(&vfs->fifos->lock);
    HASH_FIND(hh, vfs->fifos->fifos, &key, sizeof key, fifo);
    if (!fifo) fifo = add_locked(vfs->fifos, &key);
    if (fifo) fifo->users++;
    host_mutex_unlock(&vfs->fifos->lock);
    return fifo;
}

void fifo_put(struct vfs *vfs, struct fifo *fifo) {
    host_mutex_lock(&vfs->fifos->lock);
    const bool last = --fifo->users == 0;
    if (last) HASH_DEL(vfs->fifos->fifos, fifo);
    host_mutex_unlock(&vfs->fifos->lock);
    if (!last) return;
    pipe_put(fifo->pipe);
    free(fifo);
}

struct peer_wait {
    struct pipe *pipe;
    bool writer;   /* wait for a reader */
    uint32_t ever; /* ends of the other kind that had been opened when we came */
};

/* 0 once the other end is open, or has been since. */
static int64_t peer_came(void *arg) {
    const struct peer_wait *wait = arg;
    struct pipe *pipe = wait->pipe;
    host_mutex_lock(&pipe->lock);
    const uint32_t now = wait->writer ? pipe->n_readers : pipe->n_writers;
    const uint32_t ever = wait->writer ? pipe->readers_ever : pipe->writers_ever;
    host_mutex_unlock(&pipe->lock);
    return now || ever != wait->ever ? 0 : -EAGAIN;
}

static int wait_for_peer(struct pipe *pipe, int flags, uint32_t ever, struct sched_thread *self) {
    struct peer_wait wait = {.pipe = pipe, .writer = (flags & O_ACCMODE) == O_WRONLY, .ever = ever};
    struct wait_queue *queue = wait.writer ? &pipe->write_wait : &pipe->read_wait;
    return (int)wait_until(queue, self, !self, SCHED_NEVER, peer_came, &wait);
}

static int check_access(const struct host_node *node, int flags) {
    static const int wanted[] = {R_OK, W_OK, R_OK | W_OK, R_OK | W_OK};
    return host_file_access_at(node->fd, "", wanted[flags & O_ACCMODE], true);
}

/* Opens an end of the fifo, whose count moves to it, also on failure. */
static int open_end(const struct vfs_caller *caller, struct fifo *fifo, int flags, struct file **out) {
    struct vfs *vfs = caller->fs->vfs;
    struct pipe *pipe = fifo->pipe;
    const bool writer = (flags & O_ACCMODE) == O_WRONLY;
    host_mutex_lock(&pipe->lock);
    const uint32_t ever = writer ? pipe->readers_ever : pipe->writers_ever;
    const bool alone = writer && pipe->n_readers == 0;
    host_mutex_unlock(&pipe->lock);
    struct pipe_end *end = alone && flags & O_NONBLOCK ? NULL : pipe_end_new(vfs, pipe, flags);
    if (!end) {
        fifo_put(vfs, fifo);
        return alone && flags & O_NONBLOCK ? -ENXIO : -ENOMEM;
    }
    end->fifo = fifo;
    int r = 0;
    if (!(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR) r = wait_for_peer(pipe, flags, ever, caller->self);
    if (r) {
        file_put(&end->file);
        return r;
    }
    *out = &end->file;
    return 0;
}

int fifo_open(const struct vfs_caller *caller, struct host_node *node, int flags, struct file **out) {
    int r = check_access(node, flags);
    if (r) return r;
    struct fifo *fifo = fifo_get(node->node.vfs, node);
    if (!fifo) return -ENOMEM;
    r = open_end(caller, fifo, flags, out);
    if (r == 0) (*out)->node = node_get(&node->node);
    return r;
}
