/* SPDX-License-Identifier: ISC */
/* Places in trees of rows. A node is a row; its name is the last part of the row's path. */
#include "syscall/linux/fs/tree.h"

#include "base/error.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/fs/walk.h"

#include <stdlib.h>
#include <string.h>

struct tree_node {
    struct node node;
    const struct tree *tree;    /* borrowed: a constant */
    const struct tree_row *row; /* borrowed: a constant */
};

static struct tree_node *of(struct node *node) {
    return (struct tree_node *)node;
}

static struct node *make(struct vfs *vfs, const struct tree *tree, const struct tree_row *row, struct node *parent,
                         const char *name);

static int get_stat(struct node *node, struct linux_stat *out) {
    const struct tree *tree = of(node)->tree;
    const struct tree_row *row = of(node)->row;
    *out = (struct linux_stat){
        .dev = tree->dev, .ino = (uint64_t)(row - tree->rows) + 1, .nlink = node->type == S_IFDIR ? 2 : 1,
        .mode = row->mode, .rdev = row->rdev, .blksize = 4096,
        .size = node->type == S_IFREG ? 4096 : row->link ? (int64_t)strlen(row->link) : 0,
    };
    out->atime = out->mtime = out->ctime = vfs_start_time(node->vfs);
    return 0;
}

/* If row is a direct child of dir, its name, else NULL. */
static const char *child_name(const struct tree_row *dir, const struct tree_row *row) {
    const size_t n = strlen(dir->path);
    if (row == dir || strncmp(row->path, dir->path, n) != 0) return NULL;
    const char *name = row->path + n;
    if (n) {
        if (*name != '/') return NULL;
        name++;
    }
    return *name && !strchr(name, '/') ? name : NULL;
}

static int lookup(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out) {
    const struct tree *tree = of(dir)->tree;
    for (int i = 0; i < tree->n_rows; i++) {
        const char *found = child_name(of(dir)->row, &tree->rows[i]);
        if (!found || strcmp(found, name) != 0) continue;
        *out = make(dir->vfs, tree, &tree->rows[i], dir, found);
        return *out ? 0 : -ENOMEM;
    }
    return tree->lookup ? tree->lookup(caller, dir, name, out) : -ENOENT;
}

static int64_t get_link(const struct vfs_caller *caller, struct node *node, char *out, size_t size) {
    const char *link = of(node)->row->link;
    const size_t n = strlen(link) < size ? strlen(link) : size;
    memcpy(out, link, n);
    return (int64_t)n;
}

static unsigned char entry_type(uint32_t mode) {
    return (unsigned char)((mode & S_IFMT) >> 12);
}

static bool next(struct node *dir, uint64_t index, char name[256], uint64_t *ino, unsigned char *type) {
    const struct tree *tree = of(dir)->tree;
    for (int i = 0; i < tree->n_rows; i++) {
        const char *found = child_name(of(dir)->row, &tree->rows[i]);
        if (!found || index--) continue;
        strcpy(name, found);
        *ino = (uint64_t)i + 1;
        *type = entry_type(tree->rows[i].mode);
        return true;
    }
    return tree->list && tree->list(dir, index, name, ino, type);
}

static int open_node(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                     struct file **out) {
    static const struct dir_lister lister = {.next = next};
    const struct tree_row *row = of(node)->row;
    if (node->type == S_IFDIR) return dir_file_open(node, &lister, flags, out);
    if (row->open) return row->open(caller, node, flags, out);
    return text_file_open(node, &row->text, flags, out);
}

static void release(struct node *node) {
    free(node);
}

static const struct node_ops ops = {
    .stat = get_stat, .lookup = lookup, .readlink = get_link, .open = open_node, .release = release,
};

static struct node *make(struct vfs *vfs, const struct tree *tree, const struct tree_row *row, struct node *parent,
                         const char *name) {
    struct tree_node *node = malloc(sizeof *node);
    if (!node) return NULL;
    node_init(&node->node, vfs, &ops, row->mode & S_IFMT, parent, name);
    node->tree = tree;
    node->row = row;
    return &node->node;
}

const struct tree_row *tree_row_of(struct node *node) {
    return of(node)->row;
}

struct node *tree_new(struct vfs *vfs, const struct tree *tree, struct node *parent, const char *name) {
    return make(vfs, tree, &tree->rows[0], parent, name);
}
