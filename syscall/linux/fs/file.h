/* SPDX-License-Identifier: ISC */
/* The open file description: what open(2) makes and descriptors of any process refer to. Counted. What it is (host
 * file, pipe, epoll, text of /proc ...) is its ops table; each kind embeds struct file first in its own struct. */
#pragma once

#include "host/thread.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/abi/stat.h"
#include "syscall/linux/fs/io.h"
#include "syscall/linux/fs/poll.h"

#include <stdatomic.h>

struct async;
struct file;
struct node;
struct tty;
struct vfs;
struct mem_object;
struct socket_ops;

/* A directory entry on its way to the guest. emit returns false when there is no room left. */
struct dir_sink {
    bool (*emit)(struct dir_sink *sink, const char *name, uint64_t ino, int64_t next_offset, unsigned char type);
};

struct ioctl_call {
    unsigned cmd;
    uint64_t arg;
    struct address_space *space; /* borrowed: where arg points */
    struct sched_thread *self;   /* borrowed: who asks */
};

/* Any row may be NULL: the file_* wrapper then gives the error that Linux gives. */
struct file_ops {
    const char *kind; /* "pipe", "[eventpoll]": what /proc/PID/fd shows when there is no path */
    bool seekable;
    const struct socket_ops *socket; /* of a socket (net/socket.h); NULL: it is none */
    /* Move bytes. Return the bytes moved (0: end of file) or -E; a signal before the first byte is -ERESTARTSYS. */
    int64_t (*read)(struct file *file, struct io *io);
    int64_t (*write)(struct file *file, struct io *io);
    int64_t (*seek)(struct file *file, int64_t offset, int whence);
    int (*getdents)(struct file *file, struct dir_sink *sink);
    int64_t (*ioctl)(struct file *file, const struct ioctl_call *call);
    /* Events ready now (POLLIN...). table not NULL: also registers whoever would wake the caller. */
    unsigned (*poll)(struct file *file, struct poll_table *table);
    int (*stat)(struct file *file, struct linux_stat *out);
    int (*truncate)(struct file *file, int64_t size);
    int (*set_flags)(struct file *file, int flags);
    /* A new object for mmap (counted, the caller's), or NULL and *err. */
    struct mem_object *(*mem_object)(struct file *file, bool writable, int *err);
    /* What mappings of it are known by (mmu/object.h). NULL: it is never mapped. */
    void (*identity)(struct file *file, uint64_t *dev, uint64_t *ino);
    /* Opens the same object again, as open("/proc/self/fd/N") does. */
    int (*reopen)(struct file *file, int flags, struct file **out);
    /* Path as readlink("/proc/self/fd/N") shows it. Returns its length or -E. */
    int64_t (*path)(struct file *file, char *out, size_t size);
    /* The host descriptor behind it; NULL: none. */
    int (*host_fd)(struct file *file);
    /* The terminal that it is, borrowed while the file is held. *master: it is the other side of one. NULL: none. */
    struct tty *(*tty)(struct file *file, bool *master);
    /* A descriptor was closed (not the last one, perhaps). */
    void (*flush)(struct file *file);
    /* The last count went: frees the file. */
    void (*release)(struct file *file);
};

struct file {
    const struct file_ops *ops;      /* immutable after init */
    struct vfs *vfs;                 /* immutable after init; borrowed for the machine's life */
    _Atomic uint32_t count;          /* atomic: free at 0 */
    _Atomic int flags;               /* atomic: O_ACCMODE and the status flags */
    struct host_mutex position_lock; /* held over a read, write or seek that uses the position */
    int64_t position;                /* guarded by position_lock; unused by host files */
    struct node *node;               /* immutable after init; counted; where it was opened, or NULL */
    _Atomic uint32_t n_locks;        /* atomic: locks ever taken through it; spares close the search */
    _Atomic int owner;               /* atomic: F_SETOWN; a group's is negative */
    _Atomic bool owner_is_thread;    /* atomic: F_OWNER_TID */
    _Atomic uint64_t write_hint;     /* atomic: F_SET_RW_HINT */
    _Atomic int signal;              /* atomic: F_SETSIG */
    struct list watches;             /* guarded by the vfs's watch_lock: epoll items that the last put takes off */
    _Atomic bool watched;            /* atomic: watches was not empty once */
    struct async *_Atomic async;     /* atomic: who is told of what happens to it (async.h); changes under the vfs's watch_lock; NULL */
};

/* flags: O_* to keep. The count is 1. */
void file_init(struct file *file, struct vfs *vfs, const struct file_ops *ops, int flags);
/* Undoes file_init; for release functions. */
void file_fini(struct file *file);
struct file *file_get(struct file *file);
/* For who holds a pointer without a count, under a lock that file_put also takes. False: the file is going. */
bool file_get_unless_gone(struct file *file);
void file_put(struct file *file);

bool file_readable(const struct file *file);
bool file_writable(const struct file *file);

/* With the checks of open mode and seekability: -EBADF, -ESPIPE, -EINVAL, -EISDIR. */
int64_t file_read(struct file *file, struct io *io);
int64_t file_write(struct file *file, struct io *io);
int64_t file_seek(struct file *file, int64_t offset, int whence);
int file_getdents(struct file *file, struct dir_sink *sink);
int64_t file_ioctl(struct file *file, const struct ioctl_call *call);
unsigned file_poll(struct file *file, struct poll_table *table);
int file_stat(struct file *file, struct linux_stat *out);
int file_truncate(struct file *file, int64_t size);
/* F_SETFL: only O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_NOATIME change. */
int file_set_flags(struct file *file, int flags);
int file_reopen(struct file *file, int flags, struct file **out);
int64_t file_path(struct file *file, char *out, size_t size);
/* Host descriptor, borrowed while the file is held; -1: none. */
int file_host_fd(struct file *file);

/* The terminal that it is; NULL: none. */
struct tty *file_tty(struct file *file, bool *master);

/* For mmap: a new memory object over the file (the caller's count). writable: MAP_SHARED with PROT_WRITE is allowed
 * or may be asked for by mprotect later. Returns NULL and *err = -EACCES, -ENODEV, -ENOMEM. */
struct mem_object *file_mem_object(struct file *file, bool writable, int *err);

/* What mappings of it are known by. False: there are none. */
bool file_identity(struct file *file, uint64_t *dev, uint64_t *ino);

/* Reads exactly like pread(2) into our own memory; never sleeps for a signal. For exec and mmap of files. */
int64_t file_read_kernel(struct file *file, void *buf, size_t n, int64_t offset);
