/* SPDX-License-Identifier: ISC */
/* Pseudoterminals: a master and the terminal that it drives. Counted as a struct tty; the master's file, every slave's
 * file, its place in /dev/pts and the processes it controls hold one each. Source: pty(7), ioctl_tty(2). */
#pragma once

#include "host/thread.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/tty_line.h"

enum { PTY_MAX = 4096, PTY_INPUT_SIZE = 65536, PTY_MAJOR = 136 };

struct vfs_caller;

struct pty {
    struct tty tty;
    int number;              /* immutable */
    uint32_t uid;            /* immutable: of who opened the master */
    struct wait_queue wait;  /* whoever waits for either side */

    struct host_mutex lock;
    /* guarded by lock */
    struct tty_line line;
    struct byte_ring typed;  /* what the master wrote and the line had no room for */
    struct linux_winsize size;
    int n_slaves;            /* open files */
    bool slave_opened;       /* once */
    bool locked;             /* TIOCSPTLCK: no slave can be opened */
    bool exclusive;
    bool packet;             /* TIOCPKT */
    bool master_gone;
};

struct pty_file {
    struct file file;
    struct pty *pty; /* counted */
};

/* All pseudoterminals of a machine. */
struct pty_table {
    struct host_mutex lock;
    struct pty **ptys; /* guarded by lock; owned, n of them, PTY_MAX at most; each counted; NULL: free */
    int n;
    int reserved;      /* immutable: number of the host's terminal, that shows as /dev/pts/N; -1: none */
};

struct pty_table *pty_table_new(void);
void pty_table_free(struct pty_table *table);
/* Counted; NULL: there is none. */
struct pty *pty_find(struct pty_table *table, int number);
/* The index-th number in use, -1: no more. */
int pty_number_at(struct pty_table *table, uint64_t index);

static inline struct pty *pty_of(struct file *file) {
    return ((struct pty_file *)file)->pty;
}
static inline struct pty *pty_of_tty(struct tty *tty) {
    return (struct pty *)tty;
}

/* /dev/ptmx: a new pair. node: the place, its count is taken. */
int pty_open_master(const struct vfs_caller *caller, struct node *node, int flags, struct file **out);
/* The slave. -EIO: locked, or the master is gone; -EBUSY: exclusive. */
int pty_open_slave(struct pty *pty, struct node *node, struct task *task, int flags, struct file **out);
bool file_is_pty_master(const struct file *file);
/* TIOCGPTPEER: the slave of a master, by its place in /dev/pts. -ENOTTY: the file is no master. */
int pty_open_peer(const struct vfs_caller *caller, struct file *master, int flags, struct file **out);

/* pty.c: the master is gone: the number is free again. */
void pty_leave(struct pty *pty);

/* pty_flow.c: lets the line take what was typed, sends the signals that came of it, wakes who waits. */
void pty_pump(struct pty *pty);
/* The same after a change of attributes or queues: everybody looks again. */
void pty_changed(struct pty *pty);
/* One byte as if the master had written it (TIOCSTI). 0, -EAGAIN: no room. */
int pty_type(struct pty *pty, unsigned char byte);

/* pty_ioctl.c: what both sides answer alike. */
int64_t pty_ioctl(struct pty *pty, bool master, const struct ioctl_call *call);

/* pty_slave.c, pty_master.c */
extern const struct tty_ops pty_tty_ops;
extern const struct file_ops pty_master_ops;
extern const struct file_ops pty_slave_ops;
/* The place of a pseudoterminal in /dev/pts (devpts.c). 0, -ENOENT, -ENOMEM. */
int devpts_node(struct vfs *vfs, int number, struct node **out);
struct node *devpts_new(struct vfs *vfs, struct node *dev);
