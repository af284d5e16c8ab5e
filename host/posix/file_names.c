/* SPDX-License-Identifier: ISC */
/* Making, removing and renaming host names, always relative to a directory descriptor. Holds no state. */
#include "host/file.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int result(int r) {
    return r < 0 ? host_error_last() : r;
}

static int native_dir(int dirfd) {
    return dirfd == HOST_CWD ? AT_FDCWD : dirfd;
}

int64_t os_file_readlink_at(int dirfd, const char *name, char *out, size_t size) {
    const ssize_t n = readlinkat(native_dir(dirfd), name, out, size);
    return n < 0 ? host_error_last() : n;
}

int os_file_mkdir_at(int dirfd, const char *name, uint32_t mode) {
    return result(mkdirat(native_dir(dirfd), name, (mode_t)mode));
}

int os_file_unlink_at(int dirfd, const char *name, bool directory) {
    return result(unlinkat(native_dir(dirfd), name, directory ? AT_REMOVEDIR : 0));
}

int os_file_symlink_at(const char *text, int dirfd, const char *name) {
    return result(symlinkat(text, native_dir(dirfd), name));
}

int os_file_mknod_at(int dirfd, const char *name, uint32_t mode, uint64_t dev) {
    const unsigned major = (unsigned)((dev >> 8) & 0xfff) | (unsigned)((dev >> 32) & ~0xfffull);
    const unsigned minor = (unsigned)(dev & 0xff) | (unsigned)((dev >> 12) & ~0xffull);
    return result(mknodat(native_dir(dirfd), name, (mode_t)mode, makedev(major, minor)));
}
