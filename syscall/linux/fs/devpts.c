/* SPDX-License-Identifier: ISC */
/* /dev/pts: a name for each pseudoterminal of the machine, and one for the host's terminal that it was started on, so
 * that ttyname(3) finds it. */
#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/vfs_private.h"
#include "syscall/linux/fs/walk.h"

#include <stdio.h>
#include <string.h>

enum { DEVPTS_DEV = 24, TTY_GID = 5 };

struct pts_node {
    struct node node;
    struct pty *pty; /* counted; NULL: the directory */
    char name[12];
};

static struct pty *pty_at(struct node *node) {
    return ((struct pts_node *)node)->pty;
}

static int get_stat(struct node *node, struct linux_stat *out) {
    const struct pty *pty = pty_at(node);
    *out = (struct linux_stat){.dev = DEVPTS_DEV, .ino = 1, .nlink = 2, .mode = S_IFDIR | 0755, .blksize = 1024};
    if (pty) {
        *out = (struct linux_stat){.dev = DEVPTS_DEV, .ino = (uint64_t)pty->number + 3, .nlink = 1, .mode = S_IFCHR | 0620,
                                   .uid = pty->uid, .gid = TTY_GID, .rdev = pty->tty.rdev, .blksize = 1024};
    }
    out->atime = out->mtime = out->ctime = vfs_start_time(node->vfs);
    return 0;
}

static void release(struct node *node) {
    if (pty_at(node)) tty_put(&pty_at(node)->tty);
    free(node);
}

static int open_slave(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode, struct file **out) {
    return pty_open_slave(pty_at(node), node, caller ? caller->task : NULL, flags, out);
}

static const struct node_ops slave_ops = {.stat = get_stat, .open = open_slave, .release = release};

/* The count of pty moves, also on failure. */
static int make_slave(struct node *dir, struct pty *pty, struct node **out) {
    struct pts_node *made = calloc(1, sizeof *made);
    if (!made) {
        tty_put(&pty->tty);
        return -ENOMEM;
    }
    snprintf(made->name, sizeof made->name, "%d", pty->number);
    node_init(&made->node, dir->vfs, &slave_ops, S_IFCHR, dir, made->name);
    made->pty = pty;
    *out = &made->node;
    return 0;
}

/* A decimal number as the kernel writes it, or -1. */
static int parse_number(const char *name) {
    int value = 0;
    if (!*name || (name[0] == '0' && name[1])) return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || value > PTY_MAX) return -1;
        value = value * 10 + (*name - '0');
    }
    return value;
}

static int find_host_terminal(struct node *dir, struct node **out) {
    struct vfs *vfs = dir->vfs;
    const int fd = host_file_reopen(host_tty_fd(vfs->terminal), O_PATH);
    return fd < 0 ? -ENOENT : host_node_new(vfs, fd, NULL, NULL, out);
}

static int lookup(const struct vfs_caller *caller, struct node *dir, const char *name, struct node **out) {
    const int number = parse_number(name);
    struct pty_table *table = dir->vfs->ptys;
    if (number >= 0 && number == table->reserved) return find_host_terminal(dir, out);
    struct pty *pty = pty_find(table, number);
    return pty ? make_slave(dir, pty, out) : -ENOENT;
}

static bool next(struct node *dir, uint64_t index, char name[256], uint64_t *ino, unsigned char *type) {
    struct pty_table *table = dir->vfs->ptys;
    if (table->reserved >= 0 && index == 0) {
        snprintf(name, 256, "%d", table->reserved);
        *ino = (uint64_t)table->reserved + 3;
        *type = DT_CHR;
        return true;
    }
    const int number = pty_number_at(table, index - (table->reserved >= 0));
    if (number < 0) return false;
    snprintf(name, 256, "%d", number);
    *ino = (uint64_t)number + 3;
    *type = DT_CHR;
    return true;
}

static int open_directory(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                          struct file **out) {
    static const struct dir_lister lister = {.next = next};
    return dir_file_open(node, &lister, flags, out);
}

static const struct node_ops dir_ops = {.stat = get_stat, .lookup = lookup, .open = open_directory, .release = release};

struct node *devpts_new(struct vfs *vfs, struct node *dev) {
    struct pts_node *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    node_init(&made->node, vfs, &dir_ops, S_IFDIR, dev, "pts");
    return &made->node;
}

int devpts_node(struct vfs *vfs, int number, struct node **out) {
    struct pty *pty = pty_find(vfs->ptys, number);
    return pty ? make_slave(vfs->devpts, pty, out) : -ENOENT;
}
