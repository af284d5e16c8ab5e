/* SPDX-License-Identifier: ISC */
/* chmod(2), utimensat(2), truncate(2), access(2), statx(2), fallocate(2): what is set is what stat shows. */
#include "tests/guest/check.h"
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <utime.h>

static void test_mode(void) {
    struct stat st;
    CHECK(chmod("f", 04751) == 0 && stat("f", &st) == 0 && (st.st_mode & 07777) == 04751);
    int fd = open("f", O_RDWR);
    CHECK(fchmod(fd, 0640) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640);
    close(fd);
    CHECK(symlink("f", "l") == 0 && chmod("l", 0600) == 0 && stat("f", &st) == 0 && (st.st_mode & 07777) == 0600);
    CHECK_ERROR(chmod("none", 0600), ENOENT);
    CHECK(chown("f", getuid(), getgid()) == 0 && lchown("l", -1, -1) == 0);
    CHECK_ERROR(access("f", 8), EINVAL);
    CHECK_ERROR(access("f", X_OK), EACCES);
    CHECK(access("f", R_OK | W_OK) == 0);
}

static void test_times(void) {
    struct stat st;
    struct timespec t[2] = {{1000, 5}, {2000, 7}};
    CHECK(utimensat(AT_FDCWD, "f", t, 0) == 0 && stat("f", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7);
    t[0].tv_nsec = UTIME_OMIT;
    t[1].tv_sec = 3000;
    CHECK(utimensat(AT_FDCWD, "f", t, 0) == 0 && stat("f", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 3000);
    t[1].tv_nsec = 1000000000;
    CHECK_ERROR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
    CHECK(utimensat(AT_FDCWD, "l", (struct timespec[2]){{7, 0}, {8, 0}}, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(lstat("l", &st) == 0 && st.st_mtim.tv_sec == 8 && stat("f", &st) == 0 && st.st_mtim.tv_sec == 3000);
    CHECK(utime("f", &(struct utimbuf){11, 12}) == 0 && stat("f", &st) == 0 && st.st_mtim.tv_sec == 12);
    int fd = open("f", O_RDWR);
    CHECK(futimens(fd, NULL) == 0 && fstat(fd, &st) == 0 && st.st_mtim.tv_sec > 1000000000);
    close(fd);
}

static void test_size(void) {
    struct stat st;
    CHECK(truncate("f", 5000) == 0 && stat("f", &st) == 0 && st.st_size == 5000);
    CHECK_ERROR(truncate("f", -1), EINVAL);
    CHECK_ERROR(truncate(".", 0), EISDIR);
    int fd = open("f", O_RDWR);
    CHECK(posix_fallocate(fd, 0, 9000) == 0 && fstat(fd, &st) == 0 && st.st_size == 9000);
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && syncfs(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) == 0);
    CHECK_ERROR(fallocate(fd, 0, -1, 5), EINVAL);
    struct statfs fs;
    CHECK(fstatfs(fd, &fs) == 0 && fs.f_bsize > 0 && statfs("f", &fs) == 0);
    close(fd);
    int p[2];
    CHECK(pipe(p) == 0);
    CHECK_ERROR(fsync(p[0]), EINVAL);
    CHECK_ERROR(ftruncate(p[1], 0), EINVAL);
    CHECK_ERROR(fallocate(p[1], 0, 0, 5), ESPIPE);
    CHECK(posix_fadvise(p[0], 0, 0, 0) == ESPIPE);
}

static void test_statx(void) {
    struct {
        unsigned mask, blksize;
        unsigned long attributes;
        unsigned nlink, uid, gid;
        unsigned short mode, pad;
        unsigned long ino, size;
        unsigned long rest[30];
    } x;
    struct stat st;
    CHECK(stat("f", &st) == 0 && syscall(SYS_statx, AT_FDCWD, "f", 0, 0xfff, &x) == 0);
    CHECK((x.mask & 0x7ff) == 0x7ff && x.ino == st.st_ino && x.size == (unsigned long)st.st_size && x.mode == st.st_mode);
    CHECK_ERROR(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL);
    CHECK_ERROR(syscall(SYS_statx, AT_FDCWD, "none", 0, 0, &x), ENOENT);
    CHECK_ERROR(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, 0, &x), EINVAL);
}

int main(void) {
    umask(022);
    int fd = open("f", O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0);
    close(fd);
    test_mode();
    test_times();
    test_size();
    test_statx();
    puts("file_attributes: ok");
    return 0;
}
