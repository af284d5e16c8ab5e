/* SPDX-License-Identifier: ISC */
/* fcntl(2): F_SETOWN and F_SETOWN_EX with processes, groups and threads that are there or not, F_SETSIG, write hints, leases that
 * nobody holds. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { SETSIG = 10, GETSIG = 11, SETOWN_EX = 15, GETOWN_EX = 16, GETLEASE = 1025, SETLEASE = 1024, GET_RW_HINT = 1035, SET_RW_HINT = 1036 };
struct owner {
    int type, pid;
};

static int fd;

static void is(int type, int pid) {
    struct owner now = {-1, -1};
    CHECK(fcntl(fd, GETOWN_EX, &now) == 0 && now.type == type && now.pid == pid);
}

static void owners(void) {
    CHECK(fcntl(fd, F_GETOWN) == 0 && fcntl(fd, F_SETOWN, getpid()) == 0 && fcntl(fd, F_GETOWN) == getpid());
    is(1, getpid());
    CHECK(fcntl(fd, F_SETOWN, -getpgrp()) == 0);
    is(2, getpgrp());
    CHECK(fcntl(fd, F_GETOWN) == -getpgrp());
    CHECK(fcntl(fd, F_SETOWN, 0) == 0);
    is(1, 0);
    const pid_t gone = fork();
    if (gone == 0) _exit(0);
    wait_ok(gone);
    CHECK_ERROR(fcntl(fd, F_SETOWN, gone), ESRCH);
    CHECK_ERROR(fcntl(fd, F_SETOWN, -gone), ESRCH);
    CHECK_ERROR(fcntl(fd, F_SETOWN, (int)0x80000000), EINVAL);
    is(1, 0);
}

static void *thread(void *arg) {
    const struct owner me = {0, (int)syscall(SYS_gettid)};
    CHECK(fcntl(fd, SETOWN_EX, &me) == 0);
    is(0, me.pid);
    return NULL;
}

static void owners_ex(void) {
    pthread_t other;
    struct owner o = {1, getpid()};
    CHECK(fcntl(fd, SETOWN_EX, &o) == 0 && fcntl(fd, F_GETOWN) == getpid());
    o = (struct owner){2, getpgrp()};
    CHECK(fcntl(fd, SETOWN_EX, &o) == 0 && fcntl(fd, F_GETOWN) == -getpgrp());
    o.type = 3;
    CHECK_ERROR(fcntl(fd, SETOWN_EX, &o), EINVAL);
    o = (struct owner){1, 0x3fffff};
    CHECK_ERROR(fcntl(fd, SETOWN_EX, &o), ESRCH);
    CHECK_ERROR(fcntl(fd, SETOWN_EX, 8), EFAULT);
    CHECK_ERROR(fcntl(fd, GETOWN_EX, 8), EFAULT);
    is(2, getpgrp());
    CHECK(pthread_create(&other, NULL, thread, NULL) == 0 && pthread_join(other, NULL) == 0);
}

static void others(void) {
    uint64_t hint = 9;
    CHECK(fcntl(fd, GETSIG) == 0 && fcntl(fd, SETSIG, SIGRTMIN) == 0 && fcntl(fd, GETSIG) == SIGRTMIN);
    CHECK_ERROR(fcntl(fd, SETSIG, 65), EINVAL);
    CHECK_ERROR(fcntl(fd, SETSIG, -1), EINVAL);
    const int file = open("file", O_RDWR | O_CREAT, 0600), path = open("file", O_PATH);
    CHECK(fcntl(file, GET_RW_HINT, &hint) == 0 && hint == 0);
    hint = 2;
    CHECK(fcntl(file, SET_RW_HINT, &hint) == 0 && (hint = 7) && fcntl(file, GET_RW_HINT, &hint) == 0 && hint == 2);
    hint = 6;
    CHECK_ERROR(fcntl(file, SET_RW_HINT, &hint), EINVAL);
    CHECK_ERROR(fcntl(file, SET_RW_HINT, 8), EFAULT);
    CHECK(fcntl(file, GETLEASE) == F_UNLCK);
    CHECK_ERROR(fcntl(file, SETLEASE, F_UNLCK), EAGAIN);
    CHECK_ERROR(fcntl(file, SETLEASE, 77), EINVAL);
    CHECK_ERROR(fcntl(path, F_GETOWN), EBADF);
    CHECK_ERROR(fcntl(path, GETLEASE), EBADF);
    CHECK_ERROR(fcntl(file, 999), EINVAL);
    CHECK_ERROR(fcntl(999, F_GETOWN), EBADF);
    CHECK(unlink("file") == 0);
}

int main(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    fd = p[0];
    owners();
    owners_ex();
    others();
    puts("fcntl: owners, signals, hints");
    return 0;
}
