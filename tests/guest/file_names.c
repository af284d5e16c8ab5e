/* SPDX-License-Identifier: ISC */
/* Names: mkdir, rmdir, unlink, rename, link, symlink, readlink, and the errors that tell them apart. */
#include "tests/guest/check.h"
#include <limits.h>
#include <sys/syscall.h>

static void touch(const char *name) {
    int fd = open(name, O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0);
    close(fd);
}

static void test_directories(void) {
    struct stat st;
    CHECK(mkdir("d", 0777) == 0 && stat("d", &st) == 0 && (st.st_mode & 07777) == 0755);
    CHECK_ERROR(mkdir("d", 0777), EEXIST);
    CHECK_ERROR(mkdir("none/d", 0777), ENOENT);
    CHECK(mkdir("d/e/", 0700) == 0);
    CHECK_ERROR(rmdir("d"), ENOTEMPTY);
    CHECK_ERROR(rmdir("d/."), EINVAL);
    CHECK_ERROR(unlink("d/e"), EISDIR);
    CHECK(rmdir("d/e") == 0);
    touch("d/f");
    CHECK_ERROR(rmdir("d/f"), ENOTDIR);
    CHECK_ERROR(unlink("d/f/"), ENOTDIR);
    CHECK_ERROR(mkdir("d/f/g", 0700), ENOTDIR);
    CHECK(unlink("d/f") == 0);
    CHECK_ERROR(unlink("d/f"), ENOENT);
    CHECK_ERROR(mkdir("/", 0700), EEXIST);
    CHECK_ERROR(rmdir("/"), EBUSY);
}

static void test_rename(void) {
    touch("a");
    CHECK(rename("a", "b") == 0);
    CHECK_ERROR(rename("a", "c"), ENOENT);
    CHECK_ERROR(rename("b", "d"), EISDIR);
    CHECK_ERROR(rename("d", "b"), ENOTDIR);
    CHECK(mkdir("d/sub", 0700) == 0);
    CHECK_ERROR(rename("d", "d/sub/x"), EINVAL);
    CHECK(rmdir("d/sub") == 0);
    CHECK_ERROR(rename("b", "d/.."), EBUSY);
    touch("c");
    CHECK_ERROR(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 1), EEXIST);
    CHECK_ERROR(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 3), EINVAL);
    CHECK(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 2) == 0);
    CHECK(unlink("b") == 0);
}

static void test_links(void) {
    struct stat st;
    char text[PATH_MAX];
    CHECK(link("c", "h") == 0 && stat("c", &st) == 0 && st.st_nlink == 2);
    CHECK_ERROR(link("c", "h"), EEXIST);
    CHECK_ERROR(link("d", "dd"), EPERM);
    CHECK(symlink("some/where", "s") == 0);
    CHECK(readlink("s", text, sizeof text) == 10 && !memcmp(text, "some/where", 10));
    CHECK(readlink("s", text, 3) == 3);
    CHECK_ERROR(readlink("c", text, sizeof text), EINVAL);
    CHECK_ERROR(syscall(SYS_readlink, "s", text, 0), EINVAL);
    CHECK_ERROR(symlink("x", "s"), EEXIST);
    CHECK_ERROR(symlink("", "t"), ENOENT);
    CHECK_ERROR(stat("s", &st), ENOENT);
    CHECK(lstat("s", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 10);
    CHECK(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0) == 0 && lstat("s2", &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(unlink("s") == 0 && unlink("s2") == 0 && unlink("h") == 0 && unlink("c") == 0);
}

static void test_relative(void) {
    int dir = open("d", O_RDONLY | O_DIRECTORY);
    CHECK(dir >= 0);
    int fd = openat(dir, "x", O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0 && access("d/x", F_OK) == 0);
    CHECK_ERROR(openat(fd, "y", O_RDONLY), ENOTDIR);
    CHECK_ERROR(openat(99, "y", O_RDONLY), EBADF);
    CHECK(openat(99, "/", O_RDONLY) >= 0);
    struct stat a, b;
    CHECK(fstatat(fd, "", &a, AT_EMPTY_PATH) == 0 && fstatat(dir, "x", &b, 0) == 0 && a.st_ino == b.st_ino);
    CHECK_ERROR(fstatat(fd, "", &a, 0), ENOENT);
    CHECK(unlinkat(dir, "x", 0) == 0);
    CHECK(fchdir(dir) == 0 && mkdirat(dir, "sub", 0700) == 0 && access("sub", X_OK) == 0);
    CHECK(unlinkat(dir, "sub", AT_REMOVEDIR) == 0 && chdir("..") == 0);
    CHECK_ERROR(fchdir(fd), ENOTDIR);
    CHECK_ERROR(chdir("none"), ENOENT);
}

static void test_walk(void) {
    CHECK(mkdir("d/real", 0700) == 0 && symlink("real", "d/link") == 0 && symlink("d/link", "far") == 0);
    touch("d/real/f");
    CHECK(access("far/f", F_OK) == 0 && access("far/../link/./f", F_OK) == 0 && access("d//real///f", F_OK) == 0);
    CHECK(chdir("far") == 0 && access("../real/f", F_OK) == 0 && access("../../far/f", F_OK) == 0);
    char cwd[PATH_MAX];
    CHECK(getcwd(cwd, sizeof cwd) && strlen(cwd) > 7 && !strcmp(cwd + strlen(cwd) - 7, "/d/real"));
    CHECK_ERROR(getcwd(cwd, 3) ? 0 : -1, ERANGE);
    CHECK(unlink("f") == 0 && rmdir("../real") == 0);
    CHECK_ERROR(getcwd(cwd, sizeof cwd) ? 0 : -1, ENOENT);
    CHECK_ERROR(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
    CHECK(chdir("..") == 0 && chdir("..") == 0);
    char name[64] = "chain0";
    CHECK(symlink("d", name) == 0);
    for (int i = 1; i < 41; i++) {
        char next[64];
        snprintf(next, sizeof next, "chain%d", i);
        CHECK(symlink(name, next) == 0);
        strcpy(name, next);
    }
    CHECK(access("chain39", F_OK) == 0);
    CHECK_ERROR(access("chain40", F_OK), ELOOP);
}

int main(void) {
    umask(022);
    test_directories();
    test_rename();
    test_links();
    test_relative();
    test_walk();
    puts("file_names: ok");
    return 0;
}
