/* SPDX-License-Identifier: ISC */
/* open(2): O_EXCL with O_CREAT refuses an existing name, O_TRUNC empties it, O_APPEND writes at the end, O_DIRECTORY
 * wants a directory, O_NOFOLLOW no link, the umask is taken off the mode, O_TMPFILE has no name, O_PATH is no file. */
#include "tests/guest/check.h"

static void test_create(void) {
    umask(027);
    int fd = open("a", O_CREAT | O_EXCL | O_RDWR, 0777);
    CHECK(fd >= 0);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0750);
    CHECK(write(fd, "hello", 5) == 5);
    close(fd);
    CHECK_ERROR(open("a", O_CREAT | O_EXCL | O_RDWR, 0777), EEXIST);
    CHECK((fd = open("a", O_RDWR | O_APPEND)) >= 0);
    CHECK(write(fd, "12", 2) == 2 && lseek(fd, 0, SEEK_CUR) == 7);
    CHECK(fcntl(fd, F_GETFL) == (O_RDWR | O_APPEND | 0100000));
    close(fd);
    CHECK((fd = open("a", O_RDWR | O_TRUNC)) >= 0);
    CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
    close(fd);
    umask(022);
}

static void test_refusals(void) {
    CHECK_ERROR(open("none", O_RDONLY), ENOENT);
    CHECK_ERROR(open("a/b", O_RDONLY), ENOTDIR);
    CHECK_ERROR(open("a/", O_RDONLY), ENOTDIR);
    CHECK_ERROR(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
    CHECK_ERROR(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERROR(open(".", O_RDWR), EISDIR);
    CHECK_ERROR(open(".", O_RDONLY | O_CREAT, 0600), EISDIR);
    CHECK_ERROR(open("", O_RDONLY), ENOENT);
    CHECK(symlink("a", "l") == 0 && symlink("loop", "loop") == 0 && symlink("target", "dangling") == 0);
    CHECK_ERROR(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK_ERROR(open("loop", O_RDONLY), ELOOP);
    CHECK_ERROR(open("dangling", O_RDONLY), ENOENT);
    CHECK_ERROR(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    int fd = open("dangling", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && access("target", F_OK) == 0);
    close(fd);
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    CHECK_ERROR(open(name, O_RDONLY), ENAMETOOLONG);
    CHECK_ERROR(open("a", O_RDONLY | O_TMPFILE), EINVAL);
}

static void test_path_only(void) {
    char b;
    int fd = open("a", O_PATH);
    CHECK(fd >= 0);
    CHECK_ERROR(read(fd, &b, 1), EBADF);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
    close(fd);
    CHECK((fd = open("l", O_PATH | O_NOFOLLOW)) >= 0);
    CHECK(fstat(fd, &st) == 0 && S_ISLNK(st.st_mode));
    char text[8];
    CHECK(readlinkat(fd, "", text, sizeof text) == 1 && text[0] == 'a');
    close(fd);
}

static void test_tmpfile(void) {
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
    close(fd);
}

int main(void) {
    test_create();
    test_refusals();
    test_path_only();
    test_tmpfile();
    puts("file_open_flags: ok");
    return 0;
}
