/* SPDX-License-Identifier: ISC */
/* stat(2), statx(2), statfs(2), access(2). */
#include "host/file.h"
#include "syscall/linux/call.h"

static int64_t put_stat(struct task *task, uint64_t gva, int r, const struct linux_stat *stat) {
    return r ? r : copy_to_guest(task, gva, stat, sizeof *stat);
}

static int64_t stat_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t out, unsigned at) {
    struct linux_stat stat;
    struct node *node;
    int r = call_resolve(task, dirfd, path, at, &node);
    if (r) return r;
    r = node_stat(node, &stat);
    node_put(node);
    return put_stat(task, out, r, &stat);
}

int64_t sys_stat(struct task *task, const uint64_t arg[6]) {
    return stat_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1], 0);
}

int64_t sys_lstat(struct task *task, const uint64_t arg[6]) {
    return stat_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW);
}

static int64_t stat_fd(struct task *task, uint64_t fd, uint64_t out) {
    struct linux_stat stat;
    struct file *file = call_file(task, fd);
    if (!file) return -EBADF;
    const int r = file_stat(file, &stat);
    file_put(file);
    return put_stat(task, out, r, &stat);
}

int64_t sys_fstat(struct task *task, const uint64_t arg[6]) {
    return stat_fd(task, arg[0], arg[1]);
}

/* fstat as C libraries write it: fstatat(fd, "", AT_EMPTY_PATH). */
static bool is_fstat(struct task *task, const uint64_t arg[6]) {
    char first;
    return arg[3] & AT_EMPTY_PATH && (int)arg[0] >= 0 && copy_from_guest(task, &first, arg[1], 1) == 0 && !first;
}

int64_t sys_newfstatat(struct task *task, const uint64_t arg[6]) {
    const unsigned known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
    if ((unsigned)arg[3] & ~known) return -EINVAL;
    if (is_fstat(task, arg)) return stat_fd(task, arg[0], arg[2]);
    return stat_at(task, arg[0], arg[1], arg[2], (unsigned)arg[3]);
}

static struct linux_statx_time statx_time(int64_t sec, int64_t nsec) {
    return (struct linux_statx_time){.sec = sec, .nsec = (uint32_t)nsec};
}

static void statx_from_stat(struct linux_statx *x, const struct linux_stat *s) {
    *x = (struct linux_statx){
        .mask = STATX_BASIC_STATS, .blksize = (uint32_t)s->blksize, .nlink = (uint32_t)s->nlink, .uid = s->uid,
        .gid = s->gid, .mode = (uint16_t)s->mode, .ino = s->ino, .size = (uint64_t)s->size,
        .blocks = (uint64_t)s->blocks, .atime = statx_time(s->atime.sec, s->atime.nsec),
        .ctime = statx_time(s->ctime.sec, s->ctime.nsec), .mtime = statx_time(s->mtime.sec, s->mtime.nsec),
        .rdev_major = dev_major(s->rdev), .rdev_minor = dev_minor(s->rdev), .dev_major = dev_major(s->dev),
        .dev_minor = dev_minor(s->dev),
    };
}

int64_t sys_statx(struct task *task, const uint64_t arg[6]) {
    const unsigned known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
    const unsigned flags = (unsigned)arg[2];
    if (flags & ~known || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return -EINVAL;
    if ((unsigned)arg[3] & (unsigned)STATX_RESERVED) return -EINVAL;
    struct node *node;
    int r = call_resolve(task, arg[0], arg[1], flags, &node);
    if (r) return r;
    struct linux_stat stat;
    struct linux_statx x;
    struct host_stat host;
    r = node_stat(node, &stat);
    if (r == 0) statx_from_stat(&x, &stat);
    const int fd = node_host_fd(node);
    if (r == 0 && fd >= 0 && host_file_stat(fd, &host) == 0) {
        x.mnt_id = host.mnt_id;
        if (host.has_btime) {
            x.btime = statx_time(host.btime.sec, host.btime.nsec);
            x.mask |= STATX_BTIME;
        }
    }
    node_put(node);
    return r ? r : copy_to_guest(task, arg[4], &x, sizeof x);
}

enum { PROC_SUPER_MAGIC = 0x9fa0, TMPFS_MAGIC = 0x01021994, PIPEFS_MAGIC = 0x50495045 };

/* Of a host descriptor; fd -1: of a tree of our own. */
static int64_t put_statfs(struct task *task, uint64_t gva, int fd) {
    struct linux_statfs out = {.type = PROC_SUPER_MAGIC, .bsize = 4096, .namelen = LINUX_NAME_MAX, .frsize = 4096};
    if (fd >= 0) {
        struct host_statfs s;
        const int r = host_file_statfs(fd, &s);
        if (r) return r;
        out = (struct linux_statfs){
            .type = s.type, .bsize = s.bsize, .blocks = s.blocks, .bfree = s.bfree, .bavail = s.bavail,
            .files = s.files, .ffree = s.ffree, .fsid = {s.fsid[0], s.fsid[1]}, .namelen = s.namelen,
            .frsize = s.frsize, .flags = s.flags,
        };
    }
    return copy_to_guest(task, gva, &out, sizeof out);
}

int64_t sys_statfs(struct task *task, const uint64_t arg[6]) {
    struct node *node;
    const int err = call_resolve(task, (uint64_t)AT_FDCWD, arg[0], 0, &node);
    if (err) return err;
    const int64_t r = put_statfs(task, arg[1], node_host_fd(node));
    node_put(node);
    return r;
}

int64_t sys_fstatfs(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = put_statfs(task, arg[1], file_host_fd(file));
    file_put(file);
    return r;
}

/* Rights of a place of our own: its mode, seen as root does. */
static int check_own(struct node *node, int mode) {
    struct linux_stat stat;
    const int r = node_stat(node, &stat);
    if (r) return r;
    if (mode & X_OK && !(stat.mode & 0111)) return -EACCES;
    if (mode & W_OK && !(stat.mode & 0222)) return -EACCES;
    return 0;
}

static int64_t access_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t mode, unsigned at) {
    struct node *node;
    if (mode & ~(uint64_t)(R_OK | W_OK | X_OK)) return -EINVAL;
    int r = call_resolve(task, dirfd, path, at, &node);
    if (r) return r;
    const int fd = node_host_fd(node);
    r = fd >= 0 ? host_file_access_at(fd, "", (int)mode, (at & AT_EACCESS) != 0) : check_own(node, (int)mode);
    node_put(node);
    return r;
}

int64_t sys_access(struct task *task, const uint64_t arg[6]) {
    return access_at(task, (uint64_t)AT_FDCWD, arg[0], (uint32_t)arg[1], 0);
}

int64_t sys_faccessat(struct task *task, const uint64_t arg[6]) {
    return access_at(task, arg[0], arg[1], (uint32_t)arg[2], 0);
}

int64_t sys_faccessat2(struct task *task, const uint64_t arg[6]) {
    const unsigned known = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
    if ((unsigned)arg[3] & ~known) return -EINVAL;
    return access_at(task, arg[0], arg[1], (uint32_t)arg[2], (unsigned)arg[3]);
}
