/* SPDX-License-Identifier: ISC */
/* Host files by calls that only Linux has: openat2, /proc/self/fd, nowait transfers, getdents64, space control.
 * Holds no state. */
#include "host/file.h"
#include "host/os.h"

#include "base/error.h"
#include "host/posix/error.h"
#include "host/posix/file_flags.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int result(int64_t r) {
    return r < 0 ? host_error_last() : (int)r;
}

static int64_t result64(int64_t r) {
    return r < 0 ? host_error_last() : r;
}

static void fd_name(char out[32], int fd) {
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

int os_file_open_plain(int dirfd, const char *path, int flags, uint32_t mode, bool in_root) {
    const int native = host_native_open_flags(flags) | O_CLOEXEC;
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(native & O_PATH ? native : native | O_NOCTTY), /* O_PATH takes few others */
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | (in_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH),
    };
    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) how.mode = mode & 07777;
    const int r = result(syscall(SYS_openat2, dirfd, path, &how, sizeof how));
    return r == -EPERM && !(flags & (O_CREAT | O_NOATIME)) ? -ENOSYS : r;
}

int os_file_reopen(int fd, int flags) {
    char name[32];
    fd_name(name, fd);
    return os_file_open_at(HOST_CWD, name, flags, 0);
}

int os_file_memory(const char *name, unsigned flags) {
    return result(memfd_create(name, flags | MFD_CLOEXEC));
}

static int64_t or_plain_read(int64_t r, int fd, void *buf, size_t n) {
    return r == -EOPNOTSUPP || r == -ENOSYS || r == -EINVAL ? result64(read(fd, buf, n)) : r;
}

int64_t os_file_read_nowait(int fd, void *buf, size_t n) {
    const struct iovec iov = {buf, n};
    return or_plain_read(result64(preadv2(fd, &iov, 1, -1, RWF_NOWAIT)), fd, buf, n);
}

int64_t os_file_write_nowait(int fd, const void *buf, size_t n) {
    const struct iovec iov = {(void *)(uintptr_t)buf, n};
    const int64_t r = result64(pwritev2(fd, &iov, 1, -1, RWF_NOWAIT));
    if (r != -EOPNOTSUPP && r != -ENOSYS && r != -EINVAL) return r;
    return result64(write(fd, buf, n < 4096 ? n : 4096));
}

int64_t os_file_write_special(int fd, const void *buf, size_t n, int64_t offset, bool append, bool sync) {
    const struct iovec iov = {(void *)(uintptr_t)buf, n};
    return result64(pwritev2(fd, &iov, 1, offset, (append ? RWF_APPEND : 0) | (sync ? RWF_SYNC : 0)));
}

int os_file_allocate(int fd, int mode, int64_t offset, int64_t size) {
    return result(fallocate(fd, mode, offset, size));
}

int os_file_sync_fs(int fd) {
    return result(syncfs(fd));
}

int os_file_sync_range(int fd, int64_t offset, int64_t size, unsigned flags) {
    return result(sync_file_range(fd, offset, size, flags));
}

int os_file_advise(int fd, int64_t offset, int64_t size, int advice) {
    return host_error_from(posix_fadvise(fd, offset, size, advice));
}

int64_t os_file_path(int fd, char *out, size_t size) {
    char name[32];
    fd_name(name, fd);
    return result64(readlink(name, out, size));
}

int64_t os_file_getdents(int fd, void *buf, size_t n) {
    return result64(syscall(SYS_getdents64, fd, buf, n));
}

int os_file_get_seals(int fd) {
    return result(fcntl(fd, F_GET_SEALS));
}

int os_file_add_seals(int fd, unsigned seals) {
    return result(fcntl(fd, F_ADD_SEALS, seals));
}

int os_file_rename_at(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    if (flags == 0) return result(renameat(from_dir, from, to_dir, to));
    return result(syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}

int os_file_link_at(int from_dir, const char *from, int to_dir, const char *to) {
    if (from[0]) return result(linkat(from_dir, from, to_dir, to, 0));
    char name[32];
    fd_name(name, from_dir);
    return result(linkat(AT_FDCWD, name, to_dir, to, AT_SYMLINK_FOLLOW));
}
