/* SPDX-License-Identifier: ISC */
/* What CLONE_FS shares: root, current directory, umask. Counted. */
#pragma once

#include "host/thread.h"

#include <stdatomic.h>
#include <stdint.h>

struct node;
struct vfs;

struct fs_context {
    struct vfs *vfs;        /* immutable; borrowed for the machine's life */
    _Atomic uint32_t count; /* atomic */
    _Atomic unsigned umask; /* atomic */
    struct host_mutex lock;
    struct node *root;      /* guarded by lock; counted */
    struct node *cwd;       /* guarded by lock; counted */
};

/* The first process's: root of the vfs, current directory given (guest path; "/" if it is not inside).
 * Returns NULL without memory. */
struct fs_context *fs_context_new(struct vfs *vfs, const char *cwd);
struct fs_context *fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);
/* For fork without CLONE_FS. Returns NULL without memory. */
struct fs_context *fs_context_copy(struct fs_context *fs);

/* Counted for the caller. */
struct node *fs_context_root(struct fs_context *fs);
struct node *fs_context_cwd(struct fs_context *fs);
/* Replace; the count of node moves. */
void fs_context_set_root(struct fs_context *fs, struct node *node);
void fs_context_set_cwd(struct fs_context *fs, struct node *node);
