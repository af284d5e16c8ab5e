/* SPDX-License-Identifier: ISC */
/* The kinds of open host files, and how they come to be. A directory's descriptor belongs to its node, so that the
 * file can be the start of a walk. */
#include "syscall/linux/fs/host_file.h"

#include "base/error.h"
#include "host/file.h"
#include "mmu/object.h"
#include "syscall/linux/fs/fifo.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>

static int64_t seek(struct file *file, int64_t offset, int whence) {
    return host_file_seek(host_file_of(file)->fd, offset, whence);
}

static int get_stat(struct file *file, struct linux_stat *out) {
    struct host_stat stat;
    const int r = host_file_stat(host_file_of(file)->fd, &stat);
    if (r == 0) linux_stat_from_host(file->vfs, out, &stat);
    return r;
}

static int truncate_file(struct file *file, int64_t size) {
    return host_file_truncate(host_file_of(file)->fd, size);
}

/* Only O_APPEND matters to the host: waiting is ours, and direct transfers need the guest's own alignment. */
static int set_flags(struct file *file, int flags) {
    const int fd = host_file_of(file)->fd;
    const int native = host_file_get_flags(fd);
    if (native < 0) return native;
    if (((native ^ flags) & O_APPEND) == 0) return 0;
    return host_file_set_flags(fd, native ^ O_APPEND);
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_host_path(file->vfs, host_file_of(file)->fd, out, size);
}

static struct mem_object *mem_object(struct file *file, bool writable, int *err) {
    struct linux_stat stat;
    char name[LINUX_PATH_MAX];
    *err = get_stat(file, &stat);
    if (*err) return NULL;
    const int64_t n = get_path(file, name, sizeof name - 1);
    name[n > 0 ? n : 0] = 0;
    struct mem_object *object = mem_object_new_file(host_file_of(file)->fd, writable, name, stat.dev, stat.ino);
    if (!object) *err = -ENOMEM;
    return object;
}

static void identity(struct file *file, uint64_t *dev, uint64_t *ino) {
    *dev = host_file_of(file)->dev;
    *ino = host_file_of(file)->ino;
}

static int reopen(struct file *file, int flags, struct file **out) {
    const struct host_file *host = host_file_of(file);
    if (host->type == S_IFSOCK) return -ENXIO;
    const int fd = host_file_reopen(host->fd, host_open_flags(flags) & ~(O_CREAT | O_EXCL | O_NOFOLLOW));
    return fd < 0 ? fd : host_open_fd(file->vfs, fd, flags, out);
}

static int get_fd(struct file *file) {
    return host_file_of(file)->fd;
}

static void release(struct file *file) {
    if (!file->node) host_file_close(host_file_of(file)->fd);
    file_fini(file);
    free(file);
}

static const struct file_ops regular_ops = {
    .kind = "file", .seekable = true, .read = host_regular_read, .write = host_regular_write, .seek = seek,
    .ioctl = host_terminal_ioctl, .stat = get_stat, .truncate = truncate_file, .set_flags = set_flags,
    .mem_object = mem_object, .identity = identity, .reopen = reopen, .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops device_ops = {
    .kind = "device", .seekable = true, .read = host_regular_read, .write = host_regular_write, .seek = seek,
    .ioctl = host_terminal_ioctl, .poll = host_stream_poll, .stat = get_stat, .set_flags = set_flags,
    .mem_object = mem_object, .identity = identity, .reopen = reopen, .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops stream_ops = {
    .kind = "stream", .read = host_stream_read, .write = host_stream_write, .ioctl = host_terminal_ioctl,
    .poll = host_stream_poll, .stat = get_stat, .set_flags = set_flags, .reopen = reopen,
    .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops terminal_ops = {
    .kind = "terminal", .read = host_tty_read, .write = host_tty_write, .ioctl = host_tty_ioctl,
    .poll = host_stream_poll, .stat = get_stat, .set_flags = set_flags, .tty = host_tty_of, .reopen = reopen,
    .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops directory_ops = {
    .kind = "directory", .seekable = true, .seek = seek, .getdents = host_directory_getdents, .stat = get_stat,
    .reopen = reopen, .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops path_ops = {
    .kind = "path", .stat = get_stat, .reopen = reopen, .path = get_path, .host_fd = get_fd, .release = release,
};

static const struct file_ops *ops_for(uint32_t type, int fd, int flags) {
    if (flags & O_PATH) return &path_ops;
    switch (type) {
    case S_IFREG: return &regular_ops;
    case S_IFDIR: return &directory_ops;
    case S_IFBLK: return &device_ops;
    case S_IFCHR: return host_file_seek(fd, 0, 1) >= 0 ? &device_ops : &stream_ops;
    default: return &stream_ops;
    }
}

int host_open_flags(int flags) {
    const int ours = O_DIRECT | O_ASYNC | O_CLOEXEC | O_LARGEFILE;
    return (flags & ~ours) | (flags & O_PATH ? 0 : O_NONBLOCK);
}

static struct file *make(struct vfs *vfs, int fd, uint32_t type, int flags, struct node *node) {
    struct host_file *host = calloc(1, sizeof *host);
    if (!host) return NULL;
    file_init(&host->file, vfs, ops_for(type, fd, flags), flags);
    host->fd = fd;
    host->type = type;
    host->file.node = node;
    return &host->file;
}

int host_open_fd(struct vfs *vfs, int fd, int flags, struct file **out) {
    struct host_stat stat;
    int r = host_file_stat(fd, &stat);
    const uint32_t type = stat.mode & S_IFMT;
    struct node *node = NULL;
    if (r == 0 && (type == S_IFDIR || flags & O_PATH)) {
        r = host_node_new(vfs, fd, NULL, NULL, &node);
        if (r) return r;
    }
    *out = r ? NULL : make(vfs, fd, type, flags, node);
    if (*out) {
        if ((*out)->ops == &stream_ops && type == S_IFCHR && host_tty_is(vfs->terminal, stat.rdev)) (*out)->ops = &terminal_ops;
        host_file_of(*out)->dev = stat.dev;
        host_file_of(*out)->ino = stat.ino;
        return 0;
    }
    if (node) {
        node_put(node);
    } else {
        host_file_close(fd);
    }
    return r ? r : -ENOMEM;
}

int host_open_path(struct node *node, int flags, struct file **out) {
    *out = make(node->vfs, node_host_fd(node), node->type, flags, node_get(node));
    if (*out) return 0;
    node_put(node);
    return -ENOMEM;
}

int host_open_node(const struct vfs_caller *caller, struct host_node *node, int flags, unsigned mode,
                   struct file **out) {
    if (node->node.type == S_IFIFO) return fifo_open(caller, node, flags, out);
    if (node->node.type == S_IFLNK) return -ELOOP;
    const int native = host_open_flags(flags);
    const int fd = flags & O_TMPFILE_BIT ? host_file_open_at(node->fd, ".", native, mode)
                                         : host_file_reopen(node->fd, native);
    return fd < 0 ? fd : host_open_fd(node->node.vfs, fd, flags, out);
}
