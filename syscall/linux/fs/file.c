/* SPDX-License-Identifier: ISC */
/* Counting of open file descriptions and the checks that all kinds of files share. */
#include "syscall/linux/fs/file.h"

#include "base/error.h"
#include "syscall/linux/fs/async.h"
#include "syscall/linux/fs/lock.h"
#include "syscall/linux/fs/node.h"
#include "syscall/linux/fs/watch.h"

#include <string.h>

void file_init(struct file *file, struct vfs *vfs, const struct file_ops *ops, int flags) {
    memset(file, 0, sizeof *file);
    file->ops = ops;
    file->vfs = vfs;
    atomic_init(&file->count, 1);
    atomic_init(&file->flags, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC));
    host_mutex_init(&file->position_lock);
    list_init(&file->watches);
}

void file_fini(struct file *file) {
    host_mutex_fini(&file->position_lock);
    node_put(file->node);
}

struct file *file_get(struct file *file) {
    atomic_fetch_add_explicit(&file->count, 1, memory_order_relaxed);
    return file;
}

bool file_get_unless_gone(struct file *file) {
    uint32_t count = atomic_load_explicit(&file->count, memory_order_relaxed);
    while (count && !atomic_compare_exchange_weak(&file->count, &count, count + 1)) continue;
    return count != 0;
}

void file_put(struct file *file) {
    if (!file || atomic_fetch_sub_explicit(&file->count, 1, memory_order_acq_rel) != 1) return;
    lock_release_file(file);
    watch_file_gone(file);
    async_stop(file);
    file->ops->release(file);
}

static int mode_of(const struct file *file) {
    const int flags = atomic_load_explicit(&file->flags, memory_order_relaxed);
    return flags & O_PATH ? -1 : flags & O_ACCMODE;
}

bool file_readable(const struct file *file) {
    const int mode = mode_of(file);
    return mode == O_RDONLY || mode == O_RDWR;
}

bool file_writable(const struct file *file) {
    const int mode = mode_of(file);
    return mode == O_WRONLY || mode == O_RDWR;
}

static bool is_path_only(const struct file *file) {
    return (atomic_load_explicit(&file->flags, memory_order_relaxed) & O_PATH) != 0;
}

static int64_t transfer(struct file *file, struct io *io, int64_t (*op)(struct file *, struct io *)) {
    const bool positioned = io->offset != IO_AT_POSITION;
    if (positioned && !file->ops->seekable) return -ESPIPE;
    if (!op) return -EINVAL;
    if (atomic_load_explicit(&file->flags, memory_order_relaxed) & O_NONBLOCK) io->nonblock = true;
    if (positioned || !file->ops->seekable) return op(file, io);
    host_mutex_lock(&file->position_lock);
    const int64_t r = op(file, io);
    host_mutex_unlock(&file->position_lock);
    return r;
}

int64_t file_read(struct file *file, struct io *io) {
    if (!file_readable(file)) return -EBADF;
    if (file->node && file->node->type == S_IFDIR) return -EISDIR;
    return transfer(file, io, file->ops->read);
}

int64_t file_write(struct file *file, struct io *io) {
    if (!file_writable(file)) return -EBADF;
    return transfer(file, io, file->ops->write);
}

int64_t file_seek(struct file *file, int64_t offset, int whence) {
    if (is_path_only(file)) return -EBADF;
    if (!file->ops->seek) return -ESPIPE;
    host_mutex_lock(&file->position_lock);
    const int64_t r = file->ops->seek(file, offset, whence);
    host_mutex_unlock(&file->position_lock);
    return r;
}

int file_getdents(struct file *file, struct dir_sink *sink) {
    if (is_path_only(file)) return -EBADF;
    if (!file->ops->getdents) return -ENOTDIR;
    host_mutex_lock(&file->position_lock);
    const int r = file->ops->getdents(file, sink);
    host_mutex_unlock(&file->position_lock);
    return r;
}

int64_t file_ioctl(struct file *file, const struct ioctl_call *call) {
    if (is_path_only(file)) return -EBADF;
    return file->ops->ioctl ? file->ops->ioctl(file, call) : -ENOTTY;
}

unsigned file_poll(struct file *file, struct poll_table *table) {
    if (is_path_only(file)) return POLLNVAL;
    return file->ops->poll ? file->ops->poll(file, table) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

int file_stat(struct file *file, struct linux_stat *out) {
    if (file->ops->stat) return file->ops->stat(file, out);
    if (file->node) return node_stat(file->node, out);
    memset(out, 0, sizeof *out);
    out->mode = 0600;
    out->nlink = 1;
    out->ino = (uint64_t)(uintptr_t)file >> 4 & 0xffffffff;
    out->blksize = 4096;
    return 0;
}

int file_truncate(struct file *file, int64_t size) {
    if (size < 0) return -EINVAL;
    if (is_path_only(file)) return -EBADF;
    if (!file_writable(file) || !file->ops->truncate) return -EINVAL;
    return file->ops->truncate(file, size);
}

int file_set_flags(struct file *file, int flags) {
    const int settable = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;
    const int r = file->ops->set_flags ? file->ops->set_flags(file, flags) : 0;
    if (r) return r;
    int old = atomic_load(&file->flags);
    while (!atomic_compare_exchange_weak(&file->flags, &old, (old & ~settable) | (flags & settable))) continue;
    return 0;
}

int file_reopen(struct file *file, int flags, struct file **out) {
    return file->ops->reopen ? file->ops->reopen(file, flags, out) : -ENXIO;
}

int64_t file_path(struct file *file, char *out, size_t size) {
    if (file->ops->path) return file->ops->path(file, out, size);
    const size_t n = strlen(file->ops->kind);
    memcpy(out, file->ops->kind, n < size ? n : size);
    return (int64_t)(n < size ? n : size);
}

int file_host_fd(struct file *file) {
    return file->ops->host_fd ? file->ops->host_fd(file) : -1;
}

struct tty *file_tty(struct file *file, bool *master) {
    *master = false;
    return file->ops->tty ? file->ops->tty(file, master) : NULL;
}

struct mem_object *file_mem_object(struct file *file, bool writable, int *err) {
    *err = file_readable(file) && (!writable || file_writable(file)) ? -ENODEV : -EACCES;
    if (*err == -EACCES || !file->ops->mem_object) return NULL;
    return file->ops->mem_object(file, writable, err);
}

bool file_identity(struct file *file, uint64_t *dev, uint64_t *ino) {
    if (!file->ops->identity) return false;
    file->ops->identity(file, dev, ino);
    return true;
}

int64_t file_read_kernel(struct file *file, void *buf, size_t n, int64_t offset) {
    const struct io_segment segment = {(uint64_t)(uintptr_t)buf, n};
    struct io io;
    io_init(&io, NULL, &segment, 1, NULL);
    io.offset = offset;
    io.nonblock = true;
    return file_read(file, &io);
}
