/* SPDX-License-Identifier: ISC */
/* Trees of our own whose names are known at build time: /dev, /sys. One row per name; directories are rows too. */
#pragma once

#include "syscall/linux/fs/node.h"
#include "syscall/linux/fs/text.h"

struct tree_row {
    const char *path;     /* below the mount: "a/b"; "" is the mount itself */
    uint32_t mode;        /* with the S_IFMT part */
    uint64_t rdev;        /* of a device */
    const char *link;     /* text of a symbolic link; of a regular file: what its show function wants */
    struct text_source text;                                            /* of a regular file */
    int (*open)(const struct vfs_caller *caller, struct node *node, int flags, struct file **out); /* of a device; caller may be NULL */
};

struct tree {
    const struct tree_row *rows; /* borrowed: constants */
    int n_rows;
    uint64_t dev;                /* st_dev */
    /* A name that no row has, in a directory that does: 0, -ENOENT. NULL: none. */
    int (*lookup)(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out);
    /* The index-th of those names; false: no more. */
    bool (*list)(struct node *dir, uint64_t index, char name[256], uint64_t *ino, unsigned char *type);
};

/* The row of a place, which must be one of a tree. */
const struct tree_row *tree_row_of(struct node *node);

/* The root of a tree, to be mounted under that name. parent: of the root. Returns NULL without memory. */
struct node *tree_new(struct vfs *vfs, const struct tree *tree, struct node *parent, const char *name);

/* Lists a directory of our own: "." and ".." and then what next gives. */
struct dir_lister {
    /* The index-th name (from 0): false at the end. */
    bool (*next)(struct node *dir, uint64_t index, char name[256], uint64_t *ino, unsigned char *type);
};
int dir_file_open(struct node *node, const struct dir_lister *lister, int flags, struct file **out);
