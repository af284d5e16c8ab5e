/* SPDX-License-Identifier: ISC */
/* Facts about host files and changes to them, by statx and by /proc/self/fd where a descriptor may be O_PATH.
 * Holds no state. */
#include "host/file.h"
#include "host/os.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static int result(int64_t r) {
    return r < 0 ? host_error_last() : (int)r;
}

static uint64_t pack_dev(uint32_t major, uint32_t minor) {
    return (minor & 0xff) | ((uint64_t)(major & 0xfff) << 8) | ((uint64_t)(minor & ~0xffu) << 12) |
           ((uint64_t)(major & ~0xfffu) << 32);
}

static struct host_time time_of(const struct statx_timestamp *t) {
    return (struct host_time){t->tv_sec, t->tv_nsec};
}

int os_file_stat_at(int dirfd, const char *name, struct host_stat *out) {
    struct statx x;
    if (statx(dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &x))
        return host_error_last();
    *out = (struct host_stat){
        .dev = pack_dev(x.stx_dev_major, x.stx_dev_minor),
        .rdev = pack_dev(x.stx_rdev_major, x.stx_rdev_minor),
        .ino = x.stx_ino, .nlink = x.stx_nlink,
        .mode = x.stx_mode, .uid = x.stx_uid, .gid = x.stx_gid, .blksize = x.stx_blksize,
        .size = (int64_t)x.stx_size, .blocks = (int64_t)x.stx_blocks,
        .atime = time_of(&x.stx_atime), .mtime = time_of(&x.stx_mtime), .ctime = time_of(&x.stx_ctime),
        .btime = time_of(&x.stx_btime), .has_btime = (x.stx_mask & STATX_BTIME) != 0,
        .mnt_id = x.stx_mnt_id,
    };
    return 0;
}

int os_file_stat(int fd, struct host_stat *out) {
    return os_file_stat_at(fd, "", out);
}

int os_file_statfs(int fd, struct host_statfs *out) {
    struct statfs s;
    if (fstatfs(fd, &s) < 0) return host_error_last();
    *out = (struct host_statfs){
        .type = s.f_type, .bsize = s.f_bsize, .blocks = s.f_blocks, .bfree = s.f_bfree, .bavail = s.f_bavail,
        .files = s.f_files, .ffree = s.f_ffree, .namelen = s.f_namelen, .frsize = s.f_frsize, .flags = s.f_flags,
    };
    memcpy(out->fsid, &s.f_fsid, sizeof out->fsid);
    return 0;
}

int os_file_access_at(int dirfd, const char *name, int mode, bool effective) {
    const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | (effective ? AT_EACCESS : 0);
    const int r = result(syscall(SYS_faccessat2, dirfd, name, mode, flags));
    if (r != -ENOSYS && !(r == -EPERM && name[0] == 0)) return r;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", dirfd);
    return name[0] ? result(faccessat(dirfd, name, mode, 0)) : result(faccessat(AT_FDCWD, path, mode, 0));
}

int os_file_set_mode(int fd, uint32_t mode) {
    char path[32];
    const int r = result(fchmod(fd, (mode_t)mode));
    if (r != -EBADF) return r;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return result(chmod(path, (mode_t)mode));
}

int os_file_set_owner(int dirfd, const char *name, uint32_t uid, uint32_t gid) {
    return result(fchownat(dirfd, name, uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

int os_file_set_times(int dirfd, const char *name, const struct host_time *times) {
    const struct timespec native[2] = {{times[0].sec, times[0].nsec}, {times[1].sec, times[1].nsec}};
    return result(syscall(SYS_utimensat, dirfd, name, native, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

/* A path for the l*xattr calls, which know no descriptors: through the directory's own descriptor. */
static int xattr_path(char *out, size_t size, int dirfd, const char *name) {
    const int n = snprintf(out, size, "/proc/self/fd/%d%s%s", dirfd, name[0] ? "/" : "", name);
    return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

enum { XATTR_PATH_MAX = 320 };

int64_t os_xattr_get(int dirfd, const char *name, const char *key, void *value, size_t size) {
    char path[XATTR_PATH_MAX];
    const int err = xattr_path(path, sizeof path, dirfd, name);
    if (err) return err;
    const ssize_t n = name[0] ? lgetxattr(path, key, value, size) : getxattr(path, key, value, size);
    return n < 0 ? host_error_last() : n;
}

int os_xattr_set(int dirfd, const char *name, const char *key, const void *value, size_t size, int flags) {
    char path[XATTR_PATH_MAX];
    const int err = xattr_path(path, sizeof path, dirfd, name);
    if (err) return err;
    return result(name[0] ? lsetxattr(path, key, value, size, flags) : setxattr(path, key, value, size, flags));
}

int64_t os_xattr_list(int dirfd, const char *name, char *list, size_t size) {
    char path[XATTR_PATH_MAX];
    const int err = xattr_path(path, sizeof path, dirfd, name);
    if (err) return err;
    const ssize_t n = name[0] ? llistxattr(path, list, size) : listxattr(path, list, size);
    return n < 0 ? host_error_last() : n;
}

int os_xattr_remove(int dirfd, const char *name, const char *key) {
    char path[XATTR_PATH_MAX];
    const int err = xattr_path(path, sizeof path, dirfd, name);
    if (err) return err;
    return result(name[0] ? lremovexattr(path, key) : removexattr(path, key));
}
