/* SPDX-License-Identifier: ISC */
/* eventfd(2), timerfd_create(2), signalfd(2): counters, expirations and signals that are read from descriptors. */
#include "tests/guest/check.h"
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static void test_eventfd(void) {
    unsigned long v;
    int e = eventfd(3, EFD_NONBLOCK);
    CHECK(read(e, &v, 8) == 8 && v == 3);
    CHECK_ERROR(read(e, &v, 8), EAGAIN);
    CHECK_ERROR(read(e, &v, 7), EINVAL);
    v = ~0ul;
    CHECK_ERROR(write(e, &v, 8), EINVAL);
    v = ~0ul - 1;
    CHECK(write(e, &v, 8) == 8);
    v = 1;
    CHECK_ERROR(write(e, &v, 8), EAGAIN);
    struct pollfd f = {e, POLLIN | POLLOUT, 0};
    CHECK(poll(&f, 1, 0) == 1 && f.revents == POLLIN);
    close(e);
    e = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    CHECK(read(e, &v, 8) == 8 && v == 1 && read(e, &v, 8) == 8 && v == 1);
    CHECK_ERROR(read(e, &v, 8), EAGAIN);
    CHECK_ERROR(eventfd(0, 2), EINVAL);
    close(e);
    e = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) {
        struct timespec t = {0, 30000000};
        nanosleep(&t, NULL);
        v = 5;
        _exit(write(e, &v, 8) != 8);
    }
    CHECK(read(e, &v, 8) == 8 && v == 5);
    wait_ok(child);
}

static void test_timerfd(void) {
    unsigned long n;
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec spec = {{0, 10000000}, {0, 20000000}}, now;
    CHECK(t >= 0);
    CHECK_ERROR(read(t, &n, 8), EAGAIN);
    CHECK(timerfd_settime(t, 0, &spec, NULL) == 0);
    CHECK(timerfd_gettime(t, &now) == 0 && now.it_interval.tv_nsec == 10000000);
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20000000);
    struct pollfd f = {t, POLLIN, 0};
    CHECK(poll(&f, 1, 5000) == 1 && read(t, &n, 8) == 8 && n >= 1);
    struct timespec pause = {0, 100000000};
    nanosleep(&pause, NULL);
    CHECK(read(t, &n, 8) == 8 && n >= 9 && n < 100);
    CHECK_ERROR(read(t, &n, 4), EINVAL);
    spec.it_value.tv_nsec = 0;
    CHECK(timerfd_settime(t, 0, &spec, &now) == 0 && timerfd_gettime(t, &now) == 0 && now.it_value.tv_nsec == 0);
    CHECK(fcntl(t, F_SETFL, 0) == 0);
    clock_gettime(CLOCK_MONOTONIC, &spec.it_value);
    spec.it_value.tv_sec -= 1;
    spec.it_interval = (struct timespec){0, 0};
    CHECK(timerfd_settime(t, TFD_TIMER_ABSTIME, &spec, NULL) == 0 && read(t, &n, 8) == 8 && n == 1);
    int ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = 4};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, t, &event) == 0 && epoll_wait(ep, &event, 1, 0) == 0);
    spec = (struct itimerspec){{0, 0}, {0, 1000000}};
    CHECK(timerfd_settime(t, 0, &spec, NULL) == 0 && epoll_wait(ep, &event, 1, 5000) == 1 && event.data.u32 == 4);
    spec.it_value.tv_nsec = 1000000000;
    CHECK_ERROR(timerfd_settime(t, 0, &spec, NULL), EINVAL);
    CHECK_ERROR(timerfd_settime(ep, 0, &spec, NULL), EINVAL);
    CHECK_ERROR(timerfd_create(99, 0), EINVAL);
    int real = timerfd_create(CLOCK_REALTIME, 0);
    clock_gettime(CLOCK_REALTIME, &spec.it_value);
    spec.it_value.tv_nsec = (spec.it_value.tv_nsec + 1) % 1000000000;
    CHECK(timerfd_settime(real, TFD_TIMER_ABSTIME, &spec, NULL) == 0 && read(real, &n, 8) == 8 && n == 1);
}

static void test_signalfd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    int s = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo info[4];
    CHECK_ERROR(read(s, info, sizeof info), EAGAIN);
    CHECK_ERROR(read(s, info, 100), EINVAL);
    kill(getpid(), SIGUSR1);
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 77});
    struct pollfd f = {s, POLLIN, 0};
    CHECK(poll(&f, 1, 0) == 1);
    CHECK(read(s, info, sizeof info) == 256);
    CHECK(info[0].ssi_signo == SIGUSR1 && info[0].ssi_pid == (unsigned)getpid());
    CHECK(info[1].ssi_signo == SIGUSR2 && info[1].ssi_int == 77 && info[1].ssi_code == SI_QUEUE);
    CHECK(poll(&f, 1, 0) == 0);
    int ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s, &event) == 0 && epoll_wait(ep, &event, 1, 0) == 0);
    raise(SIGUSR1);
    CHECK(epoll_wait(ep, &event, 1, -1) == 1 && read(s, info, sizeof info) == 128);
    CHECK(fcntl(s, F_SETFL, 0) == 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        struct timespec t = {0, 50000000};
        nanosleep(&t, NULL);
        _exit(kill(parent, SIGUSR2) != 0);
    }
    CHECK(read(s, info, sizeof info) == 128 && info[0].ssi_signo == SIGUSR2 && info[0].ssi_pid == (unsigned)child);
    wait_ok(child);
}

int main(void) {
    test_eventfd();
    test_timerfd();
    test_signalfd();
    puts("event_descriptors: ok");
    return 0;
}
