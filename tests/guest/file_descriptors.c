/* SPDX-License-Identifier: ISC */
/* dup(2), fcntl(2), close_range(2): the lowest free number, close-on-exec only where asked for, shared position. */
#include "tests/guest/check.h"
#include <sys/resource.h>
#include <sys/syscall.h>

static int flags_of(int fd) {
    return fcntl(fd, F_GETFD);
}

int main(void) {
    int a = open("f", O_CREAT | O_RDWR, 0600);
    CHECK(a >= 3 && write(a, "0123456789", 10) == 10);
    int b = dup(a);
    CHECK(b == a + 1 && lseek(b, 2, SEEK_SET) == 2);
    char c;
    CHECK(read(a, &c, 1) == 1 && c == '2' && lseek(b, 0, SEEK_CUR) == 3);
    CHECK(dup2(a, 50) == 50 && dup2(50, 50) == 50);
    CHECK_ERROR(dup2(99, 51), EBADF);
    CHECK_ERROR(dup2(99, 99), EBADF);
    CHECK_ERROR(dup3(a, a, 0), EINVAL);
    CHECK(dup3(a, 60, O_CLOEXEC) == 60 && flags_of(60) == FD_CLOEXEC && flags_of(50) == 0);
    CHECK(fcntl(a, F_DUPFD, 55) == 55 && fcntl(a, F_DUPFD_CLOEXEC, 55) == 56 && flags_of(56) == FD_CLOEXEC);
    CHECK(fcntl(55, F_SETFD, FD_CLOEXEC) == 0 && flags_of(55) == FD_CLOEXEC);
    CHECK(close(b) == 0 && dup(a) == b);
    CHECK_ERROR(close(77), EBADF);
    CHECK(syscall(SYS_close_range, 55, 56, 0) == 0);
    CHECK_ERROR(flags_of(55), EBADF);
    CHECK_ERROR(flags_of(56), EBADF);
    CHECK(flags_of(60) == FD_CLOEXEC);
    CHECK(syscall(SYS_close_range, 50, ~0u, 4) == 0 && flags_of(50) == FD_CLOEXEC);
    CHECK_ERROR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_ERROR(dup2(a, 64), EBADF);
    CHECK_ERROR(fcntl(a, F_DUPFD, 64), EINVAL);
    CHECK_ERROR(fcntl(a, F_DUPFD, 63) == 63 ? fcntl(a, F_DUPFD, 63) : 0, EMFILE);
    int last = -1, fd;
    while ((fd = dup(a)) >= 0) last = fd;
    CHECK(errno == EMFILE && last == 62);
    CHECK_ERROR(open("f", O_RDONLY), EMFILE);
    puts("file_descriptors: ok");
    return 0;
}
