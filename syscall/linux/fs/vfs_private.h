/* SPDX-License-Identifier: ISC */
/* The inside of struct vfs, for the files of fs/ only. */
#pragma once

#include "base/random.h"
#include "sched/scheduler.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/vfs.h"

struct lock_table;
struct pty_table;
struct fifo_table;

enum { VFS_MAX_MOUNTS = 8 };

struct mount {
    const char *name;  /* borrowed for the machine's life */
    struct node *root; /* counted */
};

struct vfs {
    /* immutable once the first process runs */
    const struct log *log;
    struct scheduler *scheduler;         /* borrowed: the machine's clocks */
    struct entropy entropy;
    struct id_map ids;
    struct node *root;                   /* counted: the directory that is the guest's / */
    struct mount mounts[VFS_MAX_MOUNTS]; /* our trees, each at /name */
    int n_mounts;
    struct node *dev_mounts[VFS_MAX_MOUNTS]; /* counted: directories inside /dev (shm, pts) */
    int n_dev_mounts;
    unsigned first_umask;
    int64_t start_ns;                    /* real time */
    bool own_root;                       /* the root is not the host's */

    _Atomic uint64_t next_ino;           /* atomic: for objects without a host name */

    struct tty *terminal;                /* counted: the host's terminal that we were started on; NULL */
    struct node *devpts;                 /* counted: /dev/pts */
    const struct job_control *jobs;      /* borrowed; NULL until the kernel is there */
    void *jobs_arg;

    /* own locks */
    struct lock_table *locks;            /* owned */
    struct fifo_table *fifos;            /* owned */
    struct pty_table *ptys;              /* owned */
    struct sysfs *sysfs;                 /* owned: the rows of /sys */
    struct host_mutex watch_lock;        /* outermost of epoll's: nesting changes under it */
};

/* /dev, /sys: new trees with the mount's name; NULL without memory. */
struct node *devfs_new(struct vfs *vfs);
struct node *sysfs_new(struct vfs *vfs);
struct sysfs;
void sysfs_rows_free(struct sysfs *sysfs);
