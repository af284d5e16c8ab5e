/* SPDX-License-Identifier: ISC */
/* Places in the host's tree. Looking up never follows a link, so the walk decides where links lead. */
#include "syscall/linux/fs/host_node.h"

#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/host_open.h"
#include "syscall/linux/fs/vfs.h"

#include <stdlib.h>
#include <string.h>

static struct host_node *of(struct node *node) {
    return (struct host_node *)node;
}

void linux_stat_from_host(const struct vfs *vfs, struct linux_stat *out, const struct host_stat *in) {
    const struct id_map *ids = vfs_ids(vfs);
    *out = (struct linux_stat){
        .dev = in->dev, .ino = in->ino, .nlink = in->nlink, .mode = in->mode, .uid = id_map_uid(ids, in->uid),
        .gid = id_map_gid(ids, in->gid),
        .rdev = in->rdev, .size = in->size, .blksize = in->blksize, .blocks = in->blocks,
        .atime = {in->atime.sec, in->atime.nsec},
        .mtime = {in->mtime.sec, in->mtime.nsec},
        .ctime = {in->ctime.sec, in->ctime.nsec},
    };
}

static int get_stat(struct node *node, struct linux_stat *out) {
    struct host_stat stat;
    const int r = host_file_stat(of(node)->fd, &stat);
    if (r == 0) linux_stat_from_host(node->vfs, out, &stat);
    return r;
}

static int lookup(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out) {
    const int fd = host_file_open_at(of(dir)->fd, name, O_PATH | O_NOFOLLOW, 0);
    return fd < 0 ? fd : host_node_new(dir->vfs, fd, NULL, NULL, out);
}

static int64_t get_link(const struct vfs_caller *caller, struct node *node, char *out, size_t size) {
    return host_file_readlink_at(of(node)->fd, "", out, size);
}

static int open_node(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                     struct file **out) {
    return host_open_node(caller, of(node), flags, mode, out);
}

static int get_fd(struct node *node) {
    return of(node)->fd;
}

static void release(struct node *node) {
    host_file_close(of(node)->fd);
    free(node);
}

static const struct node_ops ops = {
    .stat = get_stat, .lookup = lookup, .readlink = get_link, .open = open_node, .host_fd = get_fd,
    .release = release,
};

int host_node_new(struct vfs *vfs, int fd, struct node *parent, const char *name, struct node **out) {
    struct host_stat stat;
    struct host_node *node = malloc(sizeof *node);
    const int r = node ? host_file_stat(fd, &stat) : -ENOMEM;
    if (r) {
        host_file_close(fd);
        free(node);
        return r;
    }
    node_init(&node->node, vfs, &ops, stat.mode & S_IFMT, parent, name);
    node->fd = fd;
    node->dev = stat.dev;
    node->ino = stat.ino;
    *out = &node->node;
    return 0;
}

struct host_node *host_node_of(struct node *node) {
    return node->ops == &ops ? of(node) : NULL;
}

bool node_same(struct node *a, struct node *b) {
    if (a == b) return true;
    const struct host_node *x = host_node_of(a), *y = host_node_of(b);
    return x && y && x->dev == y->dev && x->ino == y->ino;
}
