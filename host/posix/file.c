/* SPDX-License-Identifier: ISC */
/* Opening, reading, writing and changing host files through POSIX calls. Holds no state. What only Linux can do is in
 * linux/file.c. */
#include "host/file.h"
#include "host/os.h"

#include "base/error.h"
#include "host/posix/error.h"
#include "host/posix/file_flags.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int result(int r) {
    return r < 0 ? host_error_last() : r;
}

static int64_t result64(int64_t r) {
    return r < 0 ? host_error_last() : r;
}

static int native_dir(int dirfd) {
    return dirfd == HOST_CWD ? AT_FDCWD : dirfd;
}

int os_file_open_at(int dirfd, const char *path, int flags, uint32_t mode) {
    const int native = host_native_open_flags(flags) | O_CLOEXEC | O_NOCTTY;
    return result(openat(native_dir(dirfd), path, native, (mode_t)mode));
}

int os_file_dup(int fd) {
    return result(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

void os_file_close(int fd) {
    close(fd);
}

int64_t os_file_read(int fd, void *buf, size_t n) {
    return result64(read(fd, buf, n));
}

int64_t os_file_write(int fd, const void *buf, size_t n) {
    return result64(write(fd, buf, n));
}

int64_t os_file_read_at(int fd, void *buf, size_t n, int64_t offset) {
    return result64(pread(fd, buf, n, (off_t)offset));
}

int64_t os_file_write_at(int fd, const void *buf, size_t n, int64_t offset) {
    return result64(pwrite(fd, buf, n, (off_t)offset));
}

int64_t os_file_seek(int fd, int64_t offset, int whence) {
    return result64(lseek(fd, (off_t)offset, whence));
}

int64_t os_file_available(int fd) {
    int n = 0;
    return ioctl(fd, FIONREAD, &n) < 0 ? host_error_last() : n;
}

int os_file_truncate(int fd, int64_t size) {
    return result(ftruncate(fd, (off_t)size));
}

int os_file_sync(int fd, bool data_only) {
    return result(data_only ? fdatasync(fd) : fsync(fd));
}

void os_file_sync_all(void) {
    sync();
}

int os_file_get_flags(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? host_error_last() : host_linux_open_flags(flags);
}

int os_file_set_flags(int fd, int flags) {
    return result(fcntl(fd, F_SETFL, host_native_open_flags(flags)));
}

unsigned os_file_umask(unsigned mask) {
    return (unsigned)umask((mode_t)mask);
}

int os_file_getcwd(char *out, size_t size) {
    return getcwd(out, size) ? 0 : host_error_last();
}
