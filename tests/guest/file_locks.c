/* SPDX-License-Identifier: ISC */
/* fcntl(2) record locks and flock(2): who excludes whom, splitting of ranges, loss on close, waiting, deadlock. */
#include "tests/guest/check.h"
#include <signal.h>
#include <sys/file.h>
#include <time.h>

static int set(int fd, int cmd, int type, long start, long len) {
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    return fcntl(fd, cmd, &l);
}

static struct flock test(int fd, int type, long start, long len) {
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    CHECK(fcntl(fd, F_GETLK, &l) == 0);
    return l;
}

static void in_child(void (*fn)(int fd)) {
    pid_t child = fork();
    if (child == 0) {
        int fd = open("f", O_RDWR);
        CHECK(fd >= 0);
        fn(fd);
        _exit(0);
    }
    wait_ok(child);
}

static void child_sees(int fd) {
    CHECK_ERROR(set(fd, F_SETLK, F_WRLCK, 10, 5), EAGAIN);
    CHECK_ERROR(set(fd, F_SETLK, F_RDLCK, 0, 0), EAGAIN);
    CHECK(set(fd, F_SETLK, F_WRLCK, 40, 20) == 0);
    struct flock l = test(fd, F_WRLCK, 0, 0);
    CHECK(l.l_type == F_WRLCK && l.l_start == 0 && l.l_len == 40 && l.l_pid == getppid());
    l = test(fd, F_RDLCK, 70, 0);
    CHECK(l.l_type == F_WRLCK && l.l_start == 60 && l.l_len == 40);
}

static void child_after_close(int fd) {
    CHECK(set(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
    CHECK(test(fd, F_WRLCK, 0, 0).l_type == F_UNLCK);
}

static void test_records(void) {
    int fd = open("f", O_CREAT | O_RDWR, 0600);
    CHECK(set(fd, F_SETLK, F_WRLCK, 0, 100) == 0 && set(fd, F_SETLK, F_UNLCK, 40, 20) == 0);
    in_child(child_sees);
    int other = open("f", O_RDONLY);
    CHECK_ERROR(set(other, F_SETLK, F_WRLCK, 0, 1), EBADF);
    CHECK_ERROR(set(fd, F_SETLK, 9, 0, 1), EINVAL);
    CHECK_ERROR(set(99, F_SETLK, F_WRLCK, 0, 1), EBADF);
    close(other);
    in_child(child_after_close);
    close(fd);
}

static void test_waiting(void) {
    int fd = open("f", O_RDWR), go[2];
    CHECK(pipe(go) == 0 && set(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(set(fd, F_SETLK, F_WRLCK, 20, 10) == 0);
        CHECK(write(go[1], "x", 1) == 1);
        CHECK(set(fd, F_SETLKW, F_WRLCK, 0, 10) == 0);
        _exit(0);
    }
    char b;
    CHECK(read(go[0], &b, 1) == 1);
    struct timespec t = {0, 100000000};
    nanosleep(&t, NULL);
    CHECK_ERROR(set(fd, F_SETLKW, F_WRLCK, 20, 10), EDEADLK);
    CHECK(set(fd, F_SETLK, F_UNLCK, 0, 0) == 0);
    wait_ok(child);
    close(fd);
}

static void child_flock(int fd) {
    CHECK_ERROR(flock(fd, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK(set(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
}

static void test_whole(void) {
    int fd = open("f", O_RDWR), same = dup(fd), other = open("f", O_RDWR);
    CHECK(flock(fd, LOCK_EX) == 0 && flock(same, LOCK_EX | LOCK_NB) == 0);
    CHECK_ERROR(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    in_child(child_flock);
    CHECK(flock(fd, LOCK_SH) == 0 && flock(other, LOCK_SH | LOCK_NB) == 0);
    CHECK_ERROR(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    close(other);
    CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK_ERROR(flock(fd, 7), EINVAL);
    close(fd);
    other = open("f", O_RDWR);
    CHECK_ERROR(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    close(same);
    CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
}

static void test_descriptions(void) {
    int a = open("f", O_RDWR), b = open("f", O_RDWR);
    CHECK(set(a, 37, F_WRLCK, 0, 10) == 0);
    CHECK_ERROR(set(b, 37, F_WRLCK, 5, 1), EAGAIN);
    CHECK_ERROR(set(b, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
    struct flock l = {.l_type = F_RDLCK, .l_len = 3};
    CHECK(fcntl(b, 36, &l) == 0 && l.l_type == F_WRLCK && l.l_pid == -1 && l.l_len == 10);
    close(a);
    CHECK(set(b, 37, F_WRLCK, 5, 1) == 0);
}

int main(void) {
    alarm(20);
    test_records();
    test_waiting();
    test_whole();
    test_descriptions();
    puts("file_locks: ok");
    return 0;
}
