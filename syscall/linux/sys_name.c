/* SPDX-License-Identifier: ISC */
/* Making and removing names: mkdir(2), unlink(2), rename(2), link(2), symlink(2), readlink(2), mknod(2). */
#include "host/file.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/host_node.h"

#include <string.h>

/* The directory of the last name of a path, as a host directory. Returns its descriptor (place to be put) or -E. */
static int host_place(struct task *task, uint64_t dirfd, uint64_t path, struct place *out) {
    char name[LINUX_PATH_MAX];
    const struct vfs_caller caller = call_of(task);
    int r = call_path(task, name, path);
    if (r == 0) r = vfs_resolve_place(&caller, (int)dirfd, name, 0, out);
    if (r) return r;
    const struct host_node *dir = host_node_of(out->dir);
    if (dir) return dir->fd;
    place_fini(out);
    return -EPERM;
}

static unsigned masked(struct task *task, uint64_t mode) {
    return (unsigned)mode & ~atomic_load(&task->fs->umask);
}

/* A new name that is no directory may not end in a slash. */
static int check_new(const struct place *place) {
    if (!place->name[0] || strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0) return -EEXIST;
    return place->slash ? -ENOENT : 0;
}

static int64_t mkdir_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t mode) {
    struct place place;
    const int dir = host_place(task, dirfd, path, &place);
    if (dir < 0) return dir == -EPERM ? -EACCES : dir;
    const int r = place.name[0] ? host_file_mkdir_at(dir, place.name, masked(task, mode) & 01777) : -EEXIST;
    place_fini(&place);
    return r;
}

int64_t sys_mkdir(struct task *task, const uint64_t arg[6]) {
    return mkdir_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_mkdirat(struct task *task, const uint64_t arg[6]) {
    return mkdir_at(task, arg[0], arg[1], arg[2]);
}

static int64_t unlink_at(struct task *task, uint64_t dirfd, uint64_t path, bool directory) {
    struct place place;
    const int dir = host_place(task, dirfd, path, &place);
    if (dir < 0) return dir;
    int r;
    if (!place.name[0]) {
        r = directory ? -EBUSY : -EISDIR;
    } else if (place.slash && !directory) {
        struct host_stat stat;
        r = host_file_stat_at(dir, place.name, &stat);
        if (r == 0) r = (stat.mode & S_IFMT) == S_IFDIR ? -EISDIR : -ENOTDIR;
    } else {
        r = host_file_unlink_at(dir, place.name, directory);
    }
    place_fini(&place);
    return r;
}

int64_t sys_unlink(struct task *task, const uint64_t arg[6]) {
    return unlink_at(task, (uint64_t)AT_FDCWD, arg[0], false);
}

int64_t sys_rmdir(struct task *task, const uint64_t arg[6]) {
    return unlink_at(task, (uint64_t)AT_FDCWD, arg[0], true);
}

int64_t sys_unlinkat(struct task *task, const uint64_t arg[6]) {
    if ((unsigned)arg[2] & ~(unsigned)AT_REMOVEDIR) return -EINVAL;
    return unlink_at(task, arg[0], arg[1], (arg[2] & AT_REMOVEDIR) != 0);
}

/* A slash after a name that is renamed demands a directory. */
static int check_slashes(int from_dir, const struct place *from, const struct place *to) {
    if (!from->name[0] || !to->name[0]) return -EBUSY;
    if (!from->slash && !to->slash) return 0;
    struct host_stat stat;
    const int r = host_file_stat_at(from_dir, from->name, &stat);
    return r ? r : (stat.mode & S_IFMT) == S_IFDIR ? 0 : -ENOTDIR;
}

static int64_t rename_at(struct task *task, uint64_t from_fd, uint64_t from, uint64_t to_fd, uint64_t to,
                         unsigned flags) {
    struct place a, b;
    const int from_dir = host_place(task, from_fd, from, &a);
    if (from_dir < 0) return from_dir;
    const int to_dir = host_place(task, to_fd, to, &b);
    int r = to_dir;
    if (to_dir >= 0) {
        r = check_slashes(from_dir, &a, &b);
        if (r == 0) r = host_file_rename_at(from_dir, a.name, to_dir, b.name, flags);
        place_fini(&b);
    }
    place_fini(&a);
    return r;
}

int64_t sys_rename(struct task *task, const uint64_t arg[6]) {
    return rename_at(task, (uint64_t)AT_FDCWD, arg[0], (uint64_t)AT_FDCWD, arg[1], 0);
}

int64_t sys_renameat(struct task *task, const uint64_t arg[6]) {
    return rename_at(task, arg[0], arg[1], arg[2], arg[3], 0);
}

int64_t sys_renameat2(struct task *task, const uint64_t arg[6]) {
    const unsigned flags = (unsigned)arg[4];
    if (flags & ~(unsigned)(LINUX_RENAME_NOREPLACE | LINUX_RENAME_EXCHANGE)) return -EINVAL;
    if (flags == (LINUX_RENAME_NOREPLACE | LINUX_RENAME_EXCHANGE)) return -EINVAL;
    return rename_at(task, arg[0], arg[1], arg[2], arg[3], flags);
}

static int64_t link_at(struct task *task, const uint64_t from[2], const uint64_t to[2], unsigned flags) {
    struct node *node;
    struct place place;
    const unsigned at = (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW) | (flags & AT_EMPTY_PATH);
    const int fd = call_host_node(task, from[0], from[1], at, &node);
    if (fd < 0) return fd == -EROFS ? -EXDEV : fd;
    const int dir = host_place(task, to[0], to[1], &place);
    int r = dir;
    if (dir >= 0) {
        r = check_new(&place);
        if (r == 0) r = host_file_link_at(fd, "", dir, place.name);
        place_fini(&place);
    }
    node_put(node);
    return r;
}

int64_t sys_link(struct task *task, const uint64_t arg[6]) {
    const uint64_t from[2] = {(uint64_t)AT_FDCWD, arg[0]}, to[2] = {(uint64_t)AT_FDCWD, arg[1]};
    return link_at(task, from, to, 0);
}

int64_t sys_linkat(struct task *task, const uint64_t arg[6]) {
    if ((unsigned)arg[4] & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    return link_at(task, arg, arg + 2, (unsigned)arg[4]);
}

static int64_t symlink_at(struct task *task, uint64_t text, uint64_t dirfd, uint64_t path) {
    char target[LINUX_PATH_MAX];
    struct place place;
    const int err = call_path(task, target, text);
    if (err) return err;
    if (!target[0]) return -ENOENT;
    const int dir = host_place(task, dirfd, path, &place);
    if (dir < 0) return dir;
    int r = check_new(&place);
    if (r == 0) r = host_file_symlink_at(target, dir, place.name);
    place_fini(&place);
    return r;
}

int64_t sys_symlink(struct task *task, const uint64_t arg[6]) {
    return symlink_at(task, arg[0], (uint64_t)AT_FDCWD, arg[1]);
}

int64_t sys_symlinkat(struct task *task, const uint64_t arg[6]) {
    return symlink_at(task, arg[0], arg[1], arg[2]);
}

static int64_t readlink_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t out, uint64_t size) {
    char text[LINUX_PATH_MAX];
    struct node *node;
    if ((int32_t)size <= 0) return -EINVAL;
    const int err = call_resolve(task, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &node);
    if (err) return err;
    const struct vfs_caller caller = call_of(task);
    int64_t n = node_readlink(&caller, node, text, sizeof text);
    node_put(node);
    if (n > (int32_t)size) n = (int32_t)size;
    if (n > 0 && copy_to_guest(task, out, text, (size_t)n)) n = -EFAULT;
    return n;
}

int64_t sys_readlink(struct task *task, const uint64_t arg[6]) {
    return readlink_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1], arg[2]);
}

int64_t sys_readlinkat(struct task *task, const uint64_t arg[6]) {
    return readlink_at(task, arg[0], arg[1], arg[2], arg[3]);
}

static int64_t mknod_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t mode, uint64_t dev) {
    struct place place;
    const uint32_t type = (uint32_t)mode & S_IFMT;
    if (type == S_IFDIR) return -EPERM;
    if (type && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK && type != S_IFCHR && type != S_IFBLK) {
        return -EINVAL;
    }
    const int dir = host_place(task, dirfd, path, &place);
    if (dir < 0) return dir;
    int r = check_new(&place);
    const uint64_t device = type == S_IFCHR || type == S_IFBLK ? (uint32_t)dev : 0;
    if (r == 0) r = host_file_mknod_at(dir, place.name, masked(task, mode), device);
    place_fini(&place);
    return r;
}

int64_t sys_mknod(struct task *task, const uint64_t arg[6]) {
    return mknod_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1], arg[2]);
}

int64_t sys_mknodat(struct task *task, const uint64_t arg[6]) {
    return mknod_at(task, arg[0], arg[1], arg[2], arg[3]);
}
