/* SPDX-License-Identifier: ISC */
/* pipe(7): bytes in order, end of file when the writers have gone, EPIPE and SIGPIPE when the readers have, EAGAIN with
 * O_NONBLOCK, writes of at most PIPE_BUF bytes are whole, 64 KiB of room that F_SETPIPE_SZ can change. */
#include "tests/guest/check.h"
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static char big[200000];
static volatile int got_signal;
static int handled[2]; /* a byte a signal */

static void on_signal(int signo) {
    got_signal = signo;
    if (signo == SIGALRM && write(handled[1], "h", 1) != 1) _exit(3);
}

static void test_basics(void) {
    int p[2], n;
    char b[16];
    CHECK(pipe2(p, O_CLOEXEC) == 0 && fcntl(p[0], F_GETFD) == FD_CLOEXEC);
    CHECK(write(p[1], "hello", 5) == 5 && ioctl(p[0], FIONREAD, &n) == 0 && n == 5);
    CHECK(read(p[0], b, 2) == 2 && read(p[0], b + 2, 16 - 2) == 3 && !memcmp(b, "hello", 5));
    CHECK_ERROR(lseek(p[0], 0, SEEK_CUR), ESPIPE);
    CHECK_ERROR(pread(p[0], b, 1, 0), ESPIPE);
    CHECK_ERROR(write(p[0], b, 1), EBADF);
    CHECK_ERROR(read(p[1], b, 1), EBADF);
    struct stat st;
    CHECK(fstat(p[0], &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(write(p[1], "x", 1) == 1 && close(p[1]) == 0);
    CHECK(read(p[0], b, 16) == 1 && read(p[0], b, 16) == 0);
    close(p[0]);
    CHECK_ERROR(pipe2(p, 0x7), EINVAL);
    CHECK_ERROR(syscall(SYS_pipe, 8), EFAULT);
}

static void test_full(void) {
    int p[2];
    CHECK(pipe2(p, O_NONBLOCK) == 0 && fcntl(p[1], F_GETPIPE_SZ) == 65536);
    char b[8];
    CHECK_ERROR(read(p[0], b, 8), EAGAIN);
    CHECK(write(p[1], big, sizeof big) == 65536);
    CHECK_ERROR(write(p[1], b, 1), EAGAIN);
    struct pollfd fd = {p[1], POLLOUT, 0};
    CHECK(poll(&fd, 1, 0) == 0);
    CHECK(read(p[0], big, 4096) == 4096 && poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT);
    CHECK(fcntl(p[1], F_SETPIPE_SZ, 131072) == 131072 && write(p[1], big, sizeof big) == 131072 - 65536 + 4096);
    CHECK_ERROR(fcntl(p[1], F_SETPIPE_SZ, 4096), EBUSY);
    CHECK(read(p[0], big, sizeof big) == 131072);
    CHECK(fcntl(p[1], F_SETPIPE_SZ, 5000) == 8192);
    close(p[0]);
    close(p[1]);
}

static void test_broken(void) {
    int p[2];
    signal(SIGPIPE, on_signal);
    CHECK(pipe(p) == 0 && close(p[0]) == 0);
    CHECK_ERROR(write(p[1], "x", 1), EPIPE);
    CHECK(got_signal == SIGPIPE);
    struct pollfd fd = {p[1], POLLOUT, 0};
    CHECK(poll(&fd, 1, 0) == 1 && fd.revents & POLLERR);
    close(p[1]);
    signal(SIGPIPE, SIG_DFL);
    pid_t child = fork();
    if (child == 0) {
        CHECK(pipe(p) == 0 && close(p[0]) == 0);
        (void)!write(p[1], "x", 1);
        _exit(1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void test_between_processes(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(p[0]);
        for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i ^ i >> 8);
        CHECK(write(p[1], big, sizeof big) == sizeof big);
        _exit(0);
    }
    close(p[1]);
    size_t n = 0;
    ssize_t r;
    while ((r = read(p[0], big, 3001)) > 0) {
        for (ssize_t i = 0; i < r; i++, n++) CHECK(big[i] == (char)(n ^ n >> 8));
    }
    CHECK(r == 0 && n == sizeof big);
    wait_ok(child);
    close(p[0]);
}

static void test_interrupted(void) {
    int p[2];
    char b;
    struct sigaction action = {.sa_handler = on_signal};
    CHECK(pipe(p) == 0 && pipe(handled) == 0 && sigaction(SIGALRM, &action, NULL) == 0);
    /* again and again: the first may come before the call */
    const struct itimerval often = {{0, 100000}, {0, 100000}}, off = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK_ERROR(read(p[0], &b, 1), EINTR);
    CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0 && got_signal == SIGALRM);
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && pipe(handled) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(read(handled[0], &b, 1) == 1 && write(p[1], "y", 1) == 1);
        _exit(0);
    }
    got_signal = 0;
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK(read(p[0], &b, 1) == 1 && b == 'y' && got_signal == SIGALRM);
    CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
    wait_ok(child);
}

static void test_bad_address(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(munmap(page + 4096, 4096) == 0);
    CHECK_ERROR(write(p[1], (void *)8, 5), EFAULT);
    CHECK(write(p[1], "abc", 3) == 3);
    CHECK_ERROR(read(p[0], (void *)8, 3), EFAULT);
    char b[4];
    CHECK(read(p[0], b, 4) == 3 && !memcmp(b, "abc", 3));
}

int main(void) {
    test_basics();
    test_full();
    test_broken();
    test_between_processes();
    test_interrupted();
    test_bad_address();
    puts("pipe_semantics: ok");
    return 0;
}
