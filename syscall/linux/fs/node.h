/* SPDX-License-Identifier: ISC */
/* A place in the tree of names: what a path leads to before it is opened. Counted. Host places hold a host
 * descriptor (O_PATH); places of our own trees know their parent. Each kind embeds struct node first. */
#pragma once

#include "syscall/linux/abi/stat.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;
struct node;
struct vfs;
struct vfs_caller;

/* Any row but stat and release may be NULL: not that kind of thing. */
struct node_ops {
    int (*stat)(struct node *node, struct linux_stat *out);
    /* A directory's child, counted, not following links: 0, -ENOENT. */
    int (*lookup)(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out);
    /* Text of a symbolic link (no zero at the end): its length or -E. */
    int64_t (*readlink)(const struct vfs_caller *caller, struct node *node, char *out, size_t size);
    /* Where a magic link (/proc/PID/exe, fd/N) really leads, counted. NULL: by its text. */
    int (*follow)(const struct vfs_caller *caller, struct node *node, struct node **out);
    /* flags: no O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH. mode: for O_TMPFILE. */
    int (*open)(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode, struct file **out);
    /* Host descriptor of the same thing (O_PATH perhaps), borrowed, or -1; NULL: none. */
    int (*host_fd)(struct node *node);
    void (*release)(struct node *node);
};

struct node {
    const struct node_ops *ops; /* immutable */
    struct vfs *vfs;            /* immutable; borrowed for the machine's life */
    struct node *parent;        /* immutable; counted; NULL for host nodes but mount roots */
    const char *name;           /* immutable; borrowed for the node's life: name within parent */
    _Atomic uint32_t count;     /* atomic: free at 0 */
    uint32_t type;              /* immutable: S_IFMT part of the mode */
};

/* parent: its count is taken; may be NULL. */
void node_init(struct node *node, struct vfs *vfs, const struct node_ops *ops, uint32_t type, struct node *parent,
               const char *name);
struct node *node_get(struct node *node);
void node_put(struct node *node);

/* With the errors of Linux for what the kind has not. */
int node_stat(struct node *node, struct linux_stat *out);
int64_t node_readlink(const struct vfs_caller *caller, struct node *node, char *out, size_t size);
int node_open(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode, struct file **out);
/* -1: not a host thing. */
int node_host_fd(struct node *node);
