/* SPDX-License-Identifier: ISC */
/* Root, current directory and umask of the processes that share them. */
#include "syscall/linux/fs/fs_context.h"

#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/fs/walk.h"

#include <stdlib.h>

/* root and cwd: the counts move. */
static struct fs_context *make(struct vfs *vfs, struct node *root, struct node *cwd, unsigned umask) {
    struct fs_context *fs = malloc(sizeof *fs);
    if (!fs) {
        node_put(root);
        node_put(cwd);
        return NULL;
    }
    fs->vfs = vfs;
    fs->root = root;
    fs->cwd = cwd;
    atomic_init(&fs->count, 1);
    atomic_init(&fs->umask, umask);
    host_mutex_init(&fs->lock);
    return fs;
}

struct fs_context *fs_context_new(struct vfs *vfs, const char *cwd) {
    struct fs_context *fs = make(vfs, node_get(vfs_root(vfs)), node_get(vfs_root(vfs)), vfs_first_umask(vfs));
    if (!fs) return NULL;
    const struct vfs_caller caller = {.fs = fs};
    struct node *node;
    if (cwd && vfs_resolve(&caller, AT_FDCWD, cwd, WALK_FOLLOW | WALK_DIRECTORY, &node) == 0) {
        fs_context_set_cwd(fs, node);
    }
    return fs;
}

struct fs_context *fs_context_get(struct fs_context *fs) {
    atomic_fetch_add_explicit(&fs->count, 1, memory_order_relaxed);
    return fs;
}

void fs_context_put(struct fs_context *fs) {
    if (!fs || atomic_fetch_sub_explicit(&fs->count, 1, memory_order_acq_rel) != 1) return;
    node_put(fs->root);
    node_put(fs->cwd);
    host_mutex_fini(&fs->lock);
    free(fs);
}

struct fs_context *fs_context_copy(struct fs_context *fs) {
    host_mutex_lock(&fs->lock);
    struct node *root = node_get(fs->root), *cwd = node_get(fs->cwd);
    host_mutex_unlock(&fs->lock);
    return make(fs->vfs, root, cwd, atomic_load(&fs->umask));
}

static struct node *get(struct fs_context *fs, struct node *const *slot) {
    host_mutex_lock(&fs->lock);
    struct node *node = node_get(*slot);
    host_mutex_unlock(&fs->lock);
    return node;
}

static void set(struct fs_context *fs, struct node **slot, struct node *node) {
    host_mutex_lock(&fs->lock);
    struct node *old = *slot;
    *slot = node;
    host_mutex_unlock(&fs->lock);
    node_put(old);
}

struct node *fs_context_root(struct fs_context *fs) {
    return get(fs, &fs->root);
}

struct node *fs_context_cwd(struct fs_context *fs) {
    return get(fs, &fs->cwd);
}

void fs_context_set_root(struct fs_context *fs, struct node *node) {
    set(fs, &fs->root, node);
}

void fs_context_set_cwd(struct fs_context *fs, struct node *node) {
    set(fs, &fs->cwd, node);
}
