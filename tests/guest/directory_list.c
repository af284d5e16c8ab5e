/* SPDX-License-Identifier: ISC */
/* getdents64(2): every name once, "." and ".." among them, also through a small buffer and after rewinding. */
#include "tests/guest/check.h"
#include <dirent.h>
#include <sys/syscall.h>

static int list(int fd, size_t size, char seen[300]) {
    char buf[4096];
    int n = 0;
    long r;
    memset(seen, 0, 300);
    while ((r = syscall(SYS_getdents64, fd, buf, size)) > 0) {
        for (long at = 0; at < r;) {
            struct dirent *e = (struct dirent *)(buf + at);
            CHECK(e->d_reclen % 8 == 0 && e->d_ino != 0);
            if (e->d_name[0] == 'f') seen[atoi(e->d_name + 1)]++;
            at += e->d_reclen;
            n++;
        }
    }
    CHECK(r == 0);
    return n;
}

int main(void) {
    char seen[300], name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "f%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        CHECK(fd >= 0);
        close(fd);
    }
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    const size_t sizes[] = {4096, 100, 24 + 8};
    for (int k = 0; k < 3; k++) {
        CHECK(lseek(fd, 0, SEEK_SET) == 0);
        CHECK(list(fd, sizes[k], seen) == 202);
        for (int i = 0; i < 200; i++) CHECK(seen[i] == 1);
    }
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK_ERROR(syscall(SYS_getdents64, fd, seen, 10), EINVAL);
    CHECK_ERROR(syscall(SYS_getdents64, fd, 8, 4096), EFAULT);
    CHECK_ERROR(syscall(SYS_getdents64, 99, seen, 100), EBADF);
    int file = open("f1", O_RDONLY);
    CHECK_ERROR(syscall(SYS_getdents64, file, seen, 100), ENOTDIR);
    puts("directory_list: ok");
    return 0;
}
