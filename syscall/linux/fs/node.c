/* SPDX-License-Identifier: ISC */
/* Counting of places, and the answers for operations that a kind of place has not. */
#include "syscall/linux/fs/node.h"

#include "base/error.h"
#include "syscall/linux/abi/fcntl.h"

void node_init(struct node *node, struct vfs *vfs, const struct node_ops *ops, uint32_t type, struct node *parent,
               const char *name) {
    node->ops = ops;
    node->vfs = vfs;
    node->parent = parent ? node_get(parent) : NULL;
    node->name = name;
    node->type = type;
    atomic_init(&node->count, 1);
}

struct node *node_get(struct node *node) {
    atomic_fetch_add_explicit(&node->count, 1, memory_order_relaxed);
    return node;
}

void node_put(struct node *node) {
    while (node && atomic_fetch_sub_explicit(&node->count, 1, memory_order_acq_rel) == 1) {
        struct node *parent = node->parent;
        node->ops->release(node);
        node = parent;
    }
}

int node_stat(struct node *node, struct linux_stat *out) {
    return node->ops->stat(node, out);
}

int64_t node_readlink(const struct vfs_caller *caller, struct node *node, char *out, size_t size) {
    if (node->type != S_IFLNK || !node->ops->readlink) return -EINVAL;
    return node->ops->readlink(caller, node, out, size);
}

int node_open(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode, struct file **out) {
    if (!node->ops->open) return node->type == S_IFLNK ? -ELOOP : -ENXIO;
    if (node->type != S_IFDIR && (flags & O_DIRECTORY)) return -ENOTDIR;
    return node->ops->open(caller, node, flags, mode, out);
}

int node_host_fd(struct node *node) {
    return node->ops->host_fd ? node->ops->host_fd(node) : -1;
}
