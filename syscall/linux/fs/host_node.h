/* SPDX-License-Identifier: ISC */
/* A place in the host's tree: a host descriptor, O_PATH or that of an open directory, and its identity. */
#pragma once

#include "syscall/linux/fs/node.h"

struct host_stat;

struct host_node {
    struct node node;
    int fd;            /* owned */
    uint64_t dev, ino; /* immutable: identity */
};

/* fd moves to the node, also on failure. parent, name: only for a host directory mounted in a tree of ours. */
int host_node_new(struct vfs *vfs, int fd, struct node *parent, const char *name, struct node **out);
/* The node as a host node, or NULL. */
struct host_node *host_node_of(struct node *node);
/* Same place? Host nodes by identity, others by address. */
bool node_same(struct node *a, struct node *b);
void linux_stat_from_host(const struct vfs *vfs, struct linux_stat *out, const struct host_stat *in);
