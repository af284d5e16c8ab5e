/* SPDX-License-Identifier: ISC */
/* The tree of names of one machine: the host's directories under the root, and our own mounts at its first level
 * (/proc, /dev, /sys). One per machine; thread-safe. Paths are guest paths. */
#pragma once

#include "base/random.h"
#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/fs/id_map.h"
#include "syscall/linux/fs/node.h"

struct log;
struct scheduler;
struct vfs;
struct task;

struct vfs_options {
    const char *rootfs;    /* host directory that is the guest's /; NULL: the host's own / */
    const struct log *log; /* borrowed for the machine's life */
    struct scheduler *scheduler; /* the same */
    struct entropy entropy;
    struct id_map ids;
};

/* Returns NULL and *err. /dev and /sys are mounted; /proc is the caller's to mount (procfs_new). */
struct vfs *vfs_new(const struct vfs_options *options, int *err);
void vfs_free(struct vfs *vfs);
/* Puts a tree of our own at /name. The count of root moves. name is borrowed for the machine's life. Only before
 * the first process runs. Returns 0 or -ENOMEM, -ENOSPC. */
int vfs_mount(struct vfs *vfs, const char *name, struct node *root);

/* Whose the host's files are; immutable. */
const struct id_map *vfs_ids(const struct vfs *vfs);

/* Who asks: where relative paths start and whose /proc/self it is. */
struct vfs_caller {
    struct fs_context *fs;     /* borrowed */
    struct fd_table *fds;      /* borrowed; for dirfd and /proc/self/fd; may be NULL */
    struct task *task;         /* opaque here: procfs's /proc/self; may be NULL */
    struct sched_thread *self; /* who waits (FIFOs); may be NULL: then opening never waits */
};

/* openat(2). flags: O_*, mode is masked by umask here. Returns 0 and a counted file, or -E. */
int vfs_open(const struct vfs_caller *caller, int dirfd, const char *path, int flags, unsigned mode,
             struct file **out);
/* open for exec: a regular file for reading that the caller may execute; -EACCES otherwise. */
int vfs_open_exec(const struct vfs_caller *caller, int dirfd, const char *path, int at_flags, struct file **out);

/* Absolute guest path of a node as getcwd(2) shows it. Returns its length (zero not counted) or -E. */
int64_t vfs_node_path(struct node *node, struct node *root, char *out, size_t size);
/* Guest path of a host descriptor. Returns its length (no zero at the end) or -E. */
int64_t vfs_host_path(struct vfs *vfs, int host_fd, char *out, size_t size);
