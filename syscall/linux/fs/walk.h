/* SPDX-License-Identifier: ISC */
/* From a path to a place. Ordinary paths cost one host call; what meets symbolic links, our mounts or the root's edge
 * is walked name by name, so no link and no ".." leads out of the root or into the host's own /proc and /dev. */
#pragma once

#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/vfs.h"

enum walk_flags {
    WALK_FOLLOW = 1,    /* a link at the end is followed */
    WALK_EMPTY = 2,     /* "" means dirfd itself (AT_EMPTY_PATH) */
    WALK_DIRECTORY = 4, /* the end must be a directory */
    WALK_CREATE = 8,    /* the last name need not exist */
    WALK_NO_XDEV = 16, WALK_NO_LINKS = 32, WALK_NO_MAGIC = 64, WALK_BENEATH = 128, WALK_IN_ROOT = 256, /* openat2(2) */
};

/* The last step of a walk. */
struct place {
    struct node *dir;   /* counted: where name is looked up */
    struct node *node;  /* counted: what it is; NULL when missing */
    char name[256];     /* "." or ".." when the path ends so; "" when it is a bare root */
    bool slash;         /* a slash follows the last name */
};

/* Returns 0 and a counted node, or -E. */
int vfs_resolve(const struct vfs_caller *caller, int dirfd, const char *path, int flags, struct node **out);
/* Finds the directory of the last name, and with WALK_CREATE what the name is now. Returns 0 and a place to
 * place_fini, or -E. */
int vfs_resolve_place(const struct vfs_caller *caller, int dirfd, const char *path, int flags, struct place *out);
void place_fini(struct place *place);
/* The node that relative paths start from: the current directory for AT_FDCWD. -EBADF, -ENOTDIR. */
int vfs_start(const struct vfs_caller *caller, int dirfd, struct node **out);

/* One host call that opens a path without links that stays below `from` (or in root) and off our mounts; -ENOSYS: walk. */
int walk_open_plain(struct vfs *vfs, struct node *root, struct node *from, const char *path, int flags,
                    unsigned mode);

struct job_control;
struct tty;

struct node *vfs_root(struct vfs *vfs);
/* The root is a directory that the guest is not to leave. */
bool vfs_is_confined(const struct vfs *vfs);
unsigned vfs_first_umask(struct vfs *vfs);
uint64_t vfs_next_ino(struct vfs *vfs);
/* When the machine started: the times of our own trees. */
struct guest_timespec vfs_start_time(struct vfs *vfs);
struct lock_table *vfs_locks(struct vfs *vfs);
/* openat2(2): vfs_open with WALK_NO_... and no short cut. */
int vfs_open_walk(const struct vfs_caller *caller, int dirfd, const char *path, int walk, int flags, unsigned mode,
                  struct file **out);
/* The host's terminal that the machine was started on, borrowed; NULL: none. */
struct tty *vfs_terminal(struct vfs *vfs);
/* What terminals need of processes; set once, before the first process. */
void vfs_set_job_control(struct vfs *vfs, const struct job_control *jobs, void *arg);
