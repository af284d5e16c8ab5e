/* SPDX-License-Identifier: ISC */
/* open(2) and its relatives, memfd_create(2). */
#include "host/file.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/host_open.h"

#include <string.h>

static int64_t open_at(struct task *task, uint64_t dirfd, uint64_t path, int flags, unsigned mode) {
    char name[LINUX_PATH_MAX];
    struct file *file = NULL;
    int err = call_path(task, name, path);
    if (err) return err;
    const struct vfs_caller caller = call_of(task);
    flags &= O_KNOWN | O_ACCMODE;
    if (!(flags & O_PATH)) flags |= O_LARGEFILE;
    err = vfs_open(&caller, (int)dirfd, name, flags, mode, &file);
    if (!err && (flags & O_TRUNC)) call_file_cut(task, file);
    return call_install(task, err ? NULL : file, (flags & O_CLOEXEC) != 0, err);
}

int64_t sys_open(struct task *task, const uint64_t arg[6]) {
    return open_at(task, (uint64_t)AT_FDCWD, arg[0], (int)arg[1], (unsigned)arg[2]);
}

int64_t sys_openat(struct task *task, const uint64_t arg[6]) {
    return open_at(task, arg[0], arg[1], (int)arg[2], (unsigned)arg[3]);
}

int64_t sys_creat(struct task *task, const uint64_t arg[6]) {
    return open_at(task, (uint64_t)AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC, (unsigned)arg[1]);
}

enum resolve_bits {
    RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8,
    RESOLVE_IN_ROOT = 16, RESOLVE_CACHED = 32,
};

static int walk_flags(uint64_t resolve) {
    return (resolve & RESOLVE_NO_XDEV ? WALK_NO_XDEV : 0) | (resolve & RESOLVE_NO_MAGICLINKS ? WALK_NO_MAGIC : 0) |
           (resolve & RESOLVE_NO_SYMLINKS ? WALK_NO_LINKS | WALK_NO_MAGIC : 0) |
           (resolve & RESOLVE_BENEATH ? WALK_BENEATH | WALK_NO_MAGIC : 0) |
           (resolve & RESOLVE_IN_ROOT ? WALK_IN_ROOT | WALK_NO_MAGIC : 0);
}

/* Reads struct open_how of any version: what we do not know must be zero. */
static int fetch_how(struct task *task, uint64_t gva, uint64_t size, struct linux_open_how *how) {
    unsigned char rest[64];
    if (size < sizeof *how) return -EINVAL;
    if (size > 4096) return -E2BIG;
    const int err = copy_from_guest(task, how, gva, sizeof *how);
    if (err) return err;
    for (uint64_t at = sizeof *how; at < size; at += sizeof rest) {
        const size_t n = size - at < sizeof rest ? (size_t)(size - at) : sizeof rest;
        if (copy_from_guest(task, rest, gva + at, n)) return -EFAULT;
        for (size_t i = 0; i < n; i++) {
            if (rest[i]) return -E2BIG;
        }
    }
    return 0;
}

static int check_how(const struct linux_open_how *how) {
    if (how->flags & ~(uint64_t)(O_KNOWN | O_ACCMODE)) return -EINVAL;
    if (how->mode & ~07777ull || (how->mode && !(how->flags & (O_CREAT | O_TMPFILE_BIT)))) return -EINVAL;
    if (how->resolve & ~63ull) return -EINVAL;
    if (how->resolve & RESOLVE_BENEATH && how->resolve & RESOLVE_IN_ROOT) return -EINVAL;
    return how->resolve & RESOLVE_CACHED ? -EAGAIN : 0;
}

int64_t sys_openat2(struct task *task, const uint64_t arg[6]) {
    char name[LINUX_PATH_MAX];
    struct linux_open_how how;
    int err = fetch_how(task, arg[2], arg[3], &how);
    if (err == 0) err = check_how(&how);
    if (err == 0) err = call_path(task, name, arg[1]);
    if (err) return err;
    struct file *file = NULL;
    const struct vfs_caller caller = call_of(task);
    err = vfs_open_walk(&caller, (int)arg[0], name, walk_flags(how.resolve), (int)how.flags, (unsigned)how.mode, &file);
    if (!err && (how.flags & O_TRUNC)) call_file_cut(task, file);
    return call_install(task, err ? NULL : file, (how.flags & O_CLOEXEC) != 0, err);
}

enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MEMFD_NAME_MAX = 249 };

int64_t sys_memfd_create(struct task *task, const uint64_t arg[6]) {
    char name[MEMFD_NAME_MAX + 1];
    if (arg[1] & ~(uint64_t)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) return -EINVAL;
    const int64_t n = copy_string_from_guest(task, name, arg[0], sizeof name);
    if (n < 0) return n == -ENAMETOOLONG ? -EINVAL : n;
    struct file *file = NULL;
    const int fd = host_file_memory(name, (unsigned)arg[1]);
    const int err = fd < 0 ? fd : host_open_fd(task->kernel->vfs, fd, O_RDWR | O_LARGEFILE, &file);
    return call_install(task, err ? NULL : file, (arg[1] & MFD_CLOEXEC) != 0, err);
}
