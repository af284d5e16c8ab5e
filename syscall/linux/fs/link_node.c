/* SPDX-License-Identifier: ISC */
/* Places that stand for open files. */
#include "syscall/linux/fs/link_node.h"

#include "base/error.h"

#include <stdlib.h>

struct link_node {
    struct node node;
    struct file *file; /* counted */
};

static struct file *file_of(struct node *node) {
    return ((struct link_node *)node)->file;
}

static int get_stat(struct node *node, struct linux_stat *out) {
    return file_stat(file_of(node), out);
}

static int open_node(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                     struct file **out) {
    return file_reopen(file_of(node), flags, out);
}

static int get_fd(struct node *node) {
    return file_host_fd(file_of(node));
}

static void release(struct node *node) {
    file_put(file_of(node));
    free(node);
}

static const struct node_ops ops = {.stat = get_stat, .open = open_node, .host_fd = get_fd, .release = release};

int link_node_new(struct file *file, struct node **out) {
    struct linux_stat stat;
    const int r = file_stat(file, &stat);
    if (r) return r;
    struct link_node *node = malloc(sizeof *node);
    if (!node) return -ENOMEM;
    node_init(&node->node, file->vfs, &ops, stat.mode & S_IFMT, NULL, NULL);
    node->file = file_get(file);
    *out = &node->node;
    return 0;
}

struct file *link_node_file(struct node *node) {
    return node->ops == &ops ? file_of(node) : NULL;
}
