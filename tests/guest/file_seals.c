/* SPDX-License-Identifier: ISC */
/* memfd_create and its seals, fallocate's modes, openat2's RESOLVE_ flags, O_TMPFILE with linkat, the three kinds of locks apart. */
#include "check.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

static void seals(void) {
    CHECK_ERROR(memfd_create("x", 0x1000), EINVAL);
    const int plain = memfd_create("plain", 0);
    CHECK(plain >= 0 && fcntl(plain, F_GET_SEALS) == F_SEAL_SEAL);
    CHECK_ERROR(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    const int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GET_SEALS) == 0);
    CHECK(ftruncate(fd, 2 * PAGE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    CHECK_ERROR(ftruncate(fd, PAGE), EPERM);
    CHECK(ftruncate(fd, 3 * PAGE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
    CHECK_ERROR(ftruncate(fd, 4 * PAGE), EPERM);
    CHECK_ERROR(pwrite(fd, "x", 1, 3 * PAGE), EPERM);
    char *at = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED);
    at[0] = 'm';
    CHECK_ERROR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    CHECK(munmap(at, PAGE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
    CHECK_ERROR(pwrite(fd, "x", 1, 0), EPERM);
    CHECK_ERROR((long)mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EPERM);
    at = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(at != MAP_FAILED && at[0] == 'm');
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == 0);
    CHECK_ERROR(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM);
    CHECK(fcntl(fd, F_GET_SEALS) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
    CHECK_ERROR(fcntl(0, F_GET_SEALS), EINVAL);
    CHECK(close(fd) == 0 && close(plain) == 0);
}

static void allocation(void) {
    enum { KEEP = 1, PUNCH = 2 };
    struct stat st;
    char c = 1;
    const int fd = open("allocated", O_CREAT | O_RDWR | O_TRUNC, 0600);
    CHECK(fallocate(fd, 0, 0, 4 * PAGE) == 0 && fstat(fd, &st) == 0 && st.st_size == 4 * PAGE);
    CHECK(fallocate(fd, KEEP, 4 * PAGE, PAGE) == 0 && fstat(fd, &st) == 0 && st.st_size == 4 * PAGE);
    CHECK(pwrite(fd, "abc", 3, PAGE) == 3 && fallocate(fd, PUNCH | KEEP, PAGE, PAGE) == 0 && pread(fd, &c, 1, PAGE) == 1 && c == 0);
    CHECK_ERROR(fallocate(fd, PUNCH, 0, PAGE), EOPNOTSUPP);
    CHECK_ERROR(fallocate(fd, 0, -1, PAGE), EINVAL);
    CHECK_ERROR(fallocate(fd, 0, 0, 0), EINVAL);
    const int reader = open("allocated", O_RDONLY);
    CHECK_ERROR(fallocate(reader, 0, 0, PAGE), EBADF);
    int p[2];
    CHECK(pipe(p) == 0);
    CHECK_ERROR(fallocate(p[1], 0, 0, PAGE), ESPIPE);
    CHECK(close(fd) == 0 && close(reader) == 0);
}

static long open2(const char *path, unsigned long flags, unsigned long resolve) {
    const struct {
        unsigned long flags, mode, resolve;
    } how = {flags, 0, resolve};
    return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static void resolving(void) {
    enum { NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16 };
    CHECK(mkdir("dir", 0700) == 0 && symlink("../allocated", "dir/up") == 0 && symlink("allocated", "link") == 0);
    CHECK(close((int)open2("dir/up", O_RDONLY, 0)) == 0 && close((int)open2("dir/up", O_RDONLY, BENEATH)) == 0);
    CHECK_ERROR(open2("link", O_RDONLY, NO_SYMLINKS), ELOOP);
    CHECK_ERROR(open2("dir/../../x", O_RDONLY, BENEATH), EXDEV);
    CHECK_ERROR(open2("/", O_RDONLY, BENEATH), EXDEV);
    CHECK(close((int)open2("/allocated", O_RDONLY, IN_ROOT)) == 0 && close((int)open2("../../allocated", O_RDONLY, IN_ROOT)) == 0);
    CHECK_ERROR(open2("/proc/self/fd/0", O_RDONLY, NO_MAGICLINKS), ELOOP);
    CHECK_ERROR(open2("link", O_RDONLY, 1ul << 40), EINVAL);
    CHECK_ERROR(open2("link", O_RDONLY | 1ul << 40, 0), EINVAL);
    CHECK_ERROR(open2("link", O_RDONLY, BENEATH | IN_ROOT), EINVAL);
}

static void unnamed(void) {
    char path[40];
    struct stat st;
    const int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, "tmp", 3) == 3 && fstat(fd, &st) == 0 && st.st_nlink == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0);
    CHECK(stat("named", &st) == 0 && st.st_size == 3 && st.st_nlink == 1);
    CHECK_ERROR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    CHECK(close(fd) == 0);
}

/* flock does not see record locks; OFD and record locks see each other. */
static void locks(void) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    const int a = open("allocated", O_RDWR), b = open("allocated", O_RDWR);
    CHECK(flock(a, LOCK_EX) == 0 && fcntl(b, F_SETLK, &lock) == 0);
    CHECK_ERROR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK_ERROR(fcntl(a, F_OFD_SETLK, &lock), EAGAIN);
    lock.l_start = 10;
    CHECK(fcntl(a, F_OFD_SETLK, &lock) == 0);
    CHECK_ERROR(fcntl(b, F_OFD_SETLK, &lock), EAGAIN);
    CHECK(fcntl(b, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK && lock.l_pid == -1);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10, .l_pid = 7};
    CHECK_ERROR(fcntl(a, F_OFD_SETLK, &lock), EINVAL);
    CHECK(close(a) == 0 && flock(b, LOCK_EX | LOCK_NB) == 0 && close(b) == 0);
}

int main(void) {
    seals();
    allocation();
    resolving();
    unnamed();
    locks();
    printf("seals, allocation, resolution and locks as their pages say\n");
}
