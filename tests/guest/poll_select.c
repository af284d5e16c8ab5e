/* SPDX-License-Identifier: ISC */
/* poll(2), select(2): which events which state gives; timeouts are kept; a signal ends the wait; negative descriptors
 * are skipped and closed ones reported; ppoll and pselect change the mask for the length of the wait. */
#include "tests/guest/check.h"
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static volatile int got;

static void on_signal(int signo) {
    got = signo;
}

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void test_events(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    struct pollfd f[4] = {{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLIN, 0}, {-5, POLLIN, 9}, {99, POLLIN, 0}};
    CHECK(poll(f, 3, 0) == 1 && f[0].revents == 0 && f[1].revents == POLLOUT && f[2].revents == 0);
    CHECK(poll(f, 4, -1) == 2 && f[3].revents == POLLNVAL);
    CHECK(write(p[1], "x", 1) == 1 && poll(f, 1, -1) == 1 && f[0].revents == POLLIN);
    CHECK(close(p[1]) == 0 && poll(f, 1, -1) == 1 && f[0].revents == (POLLIN | POLLHUP));
    char b;
    CHECK(read(p[0], &b, 1) == 1 && poll(f, 1, -1) == 1 && f[0].revents == POLLHUP);
    f[0].events = 0;
    CHECK(poll(f, 1, -1) == 1 && f[0].revents == POLLHUP);
    close(p[0]);
    int file = open("f", O_CREAT | O_RDWR, 0600);
    struct pollfd r = {file, POLLIN | POLLOUT | POLLPRI, 0};
    CHECK(poll(&r, 1, -1) == 1 && r.revents == (POLLIN | POLLOUT));
    CHECK_ERROR(syscall(SYS_poll, 8, 1, 0), EFAULT);
    CHECK(poll(NULL, 0, 0) == 0);
}

static void test_timeouts(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    struct pollfd f = {p[0], POLLIN, 0};
    long start = now_ms();
    CHECK(poll(&f, 1, 60) == 0);
    CHECK(now_ms() - start >= 60);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(p[0], &set);
    struct timeval t = {0, 60000};
    start = now_ms();
    CHECK(select(p[0] + 1, &set, NULL, NULL, &t) == 0 && !FD_ISSET(p[0], &set));
    CHECK(now_ms() - start >= 60);
    struct timespec bad = {0, 1000000000};
    CHECK_ERROR(ppoll(&f, 1, &bad, NULL), EINVAL);
    close(p[0]);
    close(p[1]);
}

static void test_wake_up(void) {
    int p[2], seen[2], e = eventfd(0, 0);
    unsigned long one;
    CHECK(pipe(p) == 0 && pipe(seen) == 0);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(50);
        CHECK(write(p[1], "a", 1) == 1);
        CHECK(read(seen[0], &one, 1) == 1);
        one = 1;
        CHECK(write(e, &one, 8) == 8);
        _exit(0);
    }
    struct pollfd f[2] = {{p[0], POLLIN, 0}, {e, POLLIN, 0}};
    CHECK(poll(f, 2, -1) == 1 && f[0].revents == POLLIN && f[1].revents == 0);
    CHECK(write(seen[1], "s", 1) == 1);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(e, &in);
    CHECK(select(e + 1, &in, &out, NULL, NULL) == 1 && FD_ISSET(e, &in));
    FD_SET(e, &out);
    FD_SET(p[0], &in);
    CHECK(select(p[1] + 1, &in, &out, NULL, NULL) == 3);
    wait_ok(child);
    const int closed = dup(e);
    CHECK(closed >= 0 && close(closed) == 0);
    FD_SET(closed, &in);
    CHECK_ERROR(select(closed + 1, &in, NULL, NULL, NULL), EBADF);
    CHECK_ERROR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
}

static void test_signals(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    struct pollfd f = {p[0], POLLIN, 0};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    /* again and again: the first may come before the call */
    const struct itimerval often = {{0, 100000}, {0, 100000}}, off = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK_ERROR(poll(&f, 1, -1), EINTR);
    CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
    CHECK(got == SIGALRM);
    sigset_t block, old, during;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &block, &old) == 0);
    raise(SIGUSR1);
    CHECK(poll(&f, 1, 0) == 0 && got == SIGALRM);
    CHECK_ERROR(ppoll(&f, 1, NULL, &old), EINTR);
    CHECK(got == SIGUSR1);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &during) == 0 && sigismember(&during, SIGUSR1));
    got = 0;
    raise(SIGUSR1);
    CHECK_ERROR(pselect(0, NULL, NULL, NULL, NULL, &old), EINTR);
    CHECK(got == SIGUSR1);
    struct timespec zero = {0, 0};
    CHECK(pselect(0, NULL, NULL, NULL, &zero, &block) == 0);
}

int main(void) {
    test_events();
    test_timeouts();
    test_wake_up();
    test_signals();
    puts("poll_select: ok");
    return 0;
}
