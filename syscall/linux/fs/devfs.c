/* SPDX-License-Identifier: ISC */
/* /dev: the memory devices, ours; pseudoterminals, ours; shared memory, the host's; descriptors by way of /proc. */
#include "base/bits.h"
#include "base/error.h"
#include "host/file.h"
#include "mmu/object.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>
#include <string.h>

static int64_t read_end(struct file *file, struct io *io) {
    return 0;
}

static int64_t read_zeros(struct file *file, struct io *io) {
    static const char zeros[4096];
    while (io->left && !io->fault) io_push(io, zeros, sizeof zeros);
    return io_result(io, io->fault ? -EFAULT : 0);
}

static int64_t read_random(struct file *file, struct io *io) {
    unsigned char bytes[512];
    while (io->left && !io->fault) {
        const size_t n = io->left < sizeof bytes ? (size_t)io->left : sizeof bytes;
        const int r = entropy_fill(&file->vfs->entropy, bytes, n);
        if (r) return io_result(io, r);
        io_push(io, bytes, n);
    }
    return io_result(io, io->fault ? -EFAULT : 0);
}

static int64_t swallow(struct file *file, struct io *io) {
    return (int64_t)io->left;
}

static int64_t refuse(struct file *file, struct io *io) {
    return -ENOSPC;
}

static int64_t seek_nowhere(struct file *file, int64_t offset, int whence) {
    return 0;
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static struct mem_object *map_zeros(struct file *file, bool writable, int *err) {
    struct mem_object *object = mem_object_new_anonymous("/dev/zero");
    *err = object ? 0 : -ENOMEM;
    return object;
}

static unsigned always(struct file *file, struct poll_table *table) {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static int reopen(struct file *file, int flags, struct file **out) {
    return node_open(NULL, file->node, flags, 0, out);
}

static void release(struct file *file) {
    file_fini(file);
    free(file);
}

#define DEVICE_OPS(name, ...)                                                                             \
    static const struct file_ops name##_ops = {.kind = #name, .seekable = true, .seek = seek_nowhere,      \
                                               .path = get_path, .reopen = reopen, .release = release,     \
                                               __VA_ARGS__};                                               \
    static int open_##name(const struct vfs_caller *caller, struct node *node, int flags, struct file **out) { \
        return open_device(node, &name##_ops, flags, out);                                                 \
    }

static int open_device(struct node *node, const struct file_ops *ops, int flags, struct file **out) {
    struct file *file = malloc(sizeof *file);
    if (!file) return -ENOMEM;
    file_init(file, node->vfs, ops, flags);
    file->node = node_get(node);
    *out = file;
    return 0;
}

DEVICE_OPS(null, .read = read_end, .write = swallow)
DEVICE_OPS(zero, .read = read_zeros, .write = swallow, .mem_object = map_zeros)
DEVICE_OPS(full, .read = read_zeros, .write = refuse)
DEVICE_OPS(random, .read = read_random, .write = swallow, .poll = always)

/* /dev/tty: the caller's own. */
static int open_terminal(const struct vfs_caller *caller, struct node *node, int flags, struct file **out) {
    struct tty *tty = tty_controlling(node->vfs, caller ? caller->task : NULL);
    if (!tty) return -ENXIO;
    const int r = tty->ops->open(tty, node, flags, out);
    tty_put(tty);
    return r;
}

static int open_console(const struct vfs_caller *caller, struct node *node, int flags, struct file **out) {
    struct tty *tty = node->vfs->terminal;
    return tty ? tty->ops->open(tty, node, flags, out) : -EIO;
}

static int open_ptmx(const struct vfs_caller *caller, struct node *node, int flags, struct file **out) {
    return pty_open_master(caller, node, flags, out);
}

#define MEMORY_DEVICE(minor) ((1ull << 8) | (minor))

static const struct tree_row rows[] = {
    {.path = "", .mode = S_IFDIR | 0755},
    {.path = "null", .mode = S_IFCHR | 0666, .rdev = MEMORY_DEVICE(3), .open = open_null},
    {.path = "zero", .mode = S_IFCHR | 0666, .rdev = MEMORY_DEVICE(5), .open = open_zero},
    {.path = "full", .mode = S_IFCHR | 0666, .rdev = MEMORY_DEVICE(7), .open = open_full},
    {.path = "random", .mode = S_IFCHR | 0666, .rdev = MEMORY_DEVICE(8), .open = open_random},
    {.path = "urandom", .mode = S_IFCHR | 0666, .rdev = MEMORY_DEVICE(9), .open = open_random},
    {.path = "tty", .mode = S_IFCHR | 0666, .rdev = 5ull << 8, .open = open_terminal},
    {.path = "console", .mode = S_IFCHR | 0600, .rdev = 5ull << 8 | 1, .open = open_console},
    {.path = "ptmx", .mode = S_IFCHR | 0666, .rdev = 5ull << 8 | 2, .open = open_ptmx},
    {.path = "fd", .mode = S_IFLNK | 0777, .link = "/proc/self/fd"},
    {.path = "stdin", .mode = S_IFLNK | 0777, .link = "/proc/self/fd/0"},
    {.path = "stdout", .mode = S_IFLNK | 0777, .link = "/proc/self/fd/1"},
    {.path = "stderr", .mode = S_IFLNK | 0777, .link = "/proc/self/fd/2"},
};

/* Directories of another kind: the host's, and /dev/pts. */
static int lookup_host(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out) {
    for (int i = 0; i < dir->vfs->n_dev_mounts; i++) {
        struct node *mount = dir->vfs->dev_mounts[i];
        if (strcmp(mount->name, name) != 0) continue;
        *out = node_get(mount);
        return 0;
    }
    return -ENOENT;
}

static bool list_host(struct node *dir, uint64_t index, char name[256], uint64_t *ino, unsigned char *type) {
    if (index >= (uint64_t)dir->vfs->n_dev_mounts) return false;
    struct node *mount = dir->vfs->dev_mounts[index];
    struct linux_stat stat;
    strcpy(name, mount->name);
    *ino = node_stat(mount, &stat) == 0 ? stat.ino : 1;
    *type = DT_DIR;
    return true;
}

static const struct tree tree = {
    .rows = rows, .n_rows = ARRAY_LEN(rows), .dev = 6, .lookup = lookup_host, .list = list_host,
};

/* Lets a host directory be seen as /dev/name; without it the name is missing. */
static int show_host(struct vfs *vfs, struct node *dev, const char *name, int dirfd, const char *path) {
    const int fd = host_file_open_at(dirfd, path, O_PATH | O_DIRECTORY, 0);
    if (fd < 0) return 0;
    struct node *node;
    const int r = host_node_new(vfs, fd, dev, name, &node);
    if (r == 0) vfs->dev_mounts[vfs->n_dev_mounts++] = node;
    return r;
}

struct node *devfs_new(struct vfs *vfs) {
    struct node *dev = tree_new(vfs, &tree, vfs->root, "dev");
    if (!dev) return NULL;
    const int root = host_node_of(vfs->root)->fd;
    int r;
    if (vfs->own_root) {
        r = show_host(vfs, dev, "shm", root, "dev/shm");
        if (r == 0 && vfs->n_dev_mounts == 0) r = show_host(vfs, dev, "shm", root, "tmp");
    } else {
        r = show_host(vfs, dev, "shm", HOST_CWD, "/dev/shm");
    }
    vfs->devpts = devpts_new(vfs, dev);
    if (vfs->devpts) vfs->dev_mounts[vfs->n_dev_mounts++] = vfs->devpts;
    if (r == 0 && vfs->devpts) return dev;
    node_put(dev);
    return NULL;
}
