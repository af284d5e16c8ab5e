/* SPDX-License-Identifier: ISC */
/* sendfile(2), copy_file_range(2), memfd_create(2), extended attributes. */
#include "tests/guest/check.h"
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static char big[200000], back[200000];

static void test_sendfile(int fd) {
    int out = open("g", O_CREAT | O_RDWR | O_TRUNC, 0600);
    off_t at = 100;
    CHECK(sendfile(out, fd, &at, 1000) == 1000 && at == 1100 && lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(pread(out, back, 2000, 0) == 1000 && !memcmp(back, big + 100, 1000));
    CHECK(sendfile(out, fd, NULL, sizeof big + 5) == sizeof big && lseek(fd, 0, SEEK_CUR) == sizeof big);
    int p[2];
    CHECK(pipe(p) == 0 && lseek(fd, 0, SEEK_SET) == 0 && sendfile(p[1], fd, NULL, 500) == 500);
    CHECK(read(p[0], back, 600) == 500 && !memcmp(back, big, 500));
    CHECK_ERROR(sendfile(out, p[0], NULL, 1), EINVAL);
    CHECK_ERROR(sendfile(99, fd, NULL, 1), EBADF);
    at = -1;
    CHECK_ERROR(sendfile(out, fd, &at, 1), EINVAL);
}

static void test_copy_range(int fd) {
    int out = open("h", O_CREAT | O_RDWR | O_TRUNC, 0600);
    long from = 10, to = 20;
    CHECK(syscall(SYS_copy_file_range, fd, &from, out, &to, 300ul, 0) == 300 && from == 310 && to == 320);
    CHECK(pread(out, back, 300, 20) == 300 && !memcmp(back, big + 10, 300));
    CHECK_ERROR(syscall(SYS_copy_file_range, fd, &from, out, &to, 300ul, 1), EINVAL);
}

static void test_memfd(void) {
    int fd = memfd_create("thing", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && ftruncate(fd, 8192) == 0);
    char *a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(a != MAP_FAILED);
    a[5000] = 'm';
    char b = 0;
    CHECK(pread(fd, &b, 1, 5000) == 1 && b == 'm' && pwrite(fd, "n", 1, 1) == 1 && a[1] == 'n');
    CHECK(munmap(a, 8192) == 0 && fcntl(fd, 1033, 4) == 0 && fcntl(fd, 1034) == 4);
    CHECK_ERROR(ftruncate(fd, 100000), EPERM);
    CHECK_ERROR(memfd_create("x", 0x1000), EINVAL);
}

static void test_attributes(void) {
    char b[32];
    if (setxattr("f", "user.colour", "red", 3, 0)) {
        CHECK(errno == EOPNOTSUPP);
        return;
    }
    CHECK(getxattr("f", "user.colour", b, sizeof b) == 3 && !memcmp(b, "red", 3) && getxattr("f", "user.colour", b, 0) == 3);
    CHECK_ERROR(getxattr("f", "user.colour", b, 2), ERANGE);
    CHECK_ERROR(getxattr("f", "user.none", b, 2), ENODATA);
    CHECK_ERROR(setxattr("f", "user.colour", "red", 3, XATTR_CREATE), EEXIST);
    CHECK(listxattr("f", b, sizeof b) == 12 && !strcmp(b, "user.colour") && removexattr("f", "user.colour") == 0);
}

int main(void) {
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 31 + i / 777);
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, big, sizeof big) == sizeof big && lseek(fd, 0, SEEK_SET) == 0);
    test_sendfile(fd);
    test_copy_range(fd);
    test_memfd();
    test_attributes();
    puts("file_copy: ok");
    return 0;
}
