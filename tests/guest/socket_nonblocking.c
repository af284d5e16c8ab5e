// options: --net=loopback
/* SPDX-License-Identifier: ISC */
/* connect(2), accept(2), socket(7) without waiting and with limited waits, over TCP: how a connection's end is told, flags that
 * accept4 gives, edges and one-shots of epoll, epoll in epoll, signals while a call waits. */
#include "tests/guest/check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

static struct sockaddr_in name = {.sin_family = AF_INET};

static int listener(void) {
    socklen_t size = sizeof name;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = 0;
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 8) == 0 && getsockname(l, (void *)&name, &size) == 0);
    return l;
}

static int error_of(int s) {
    int error;
    socklen_t size = sizeof error;
    CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    return error;
}

static int wait_events(int fd, int wanted) {
    struct pollfd p = {fd, wanted, 0};
    CHECK(poll(&p, 1, 5000) == 1);
    return p.revents;
}

static void test_connect(void) {
    int l = listener(), e = epoll_create1(0), outer = epoll_create1(0);
    int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET}, got;
    CHECK_ERROR(connect(c, (void *)&name, sizeof name), EINPROGRESS);
    CHECK(wait_events(c, POLLOUT) == POLLOUT && error_of(c) == 0);
    CHECK(connect(c, (void *)&name, sizeof name) == 0);
    CHECK_ERROR(connect(c, (void *)&name, sizeof name), EISCONN);
    CHECK(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
    wait_events(l, POLLIN);
    int a = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    CHECK(a >= 0 && fcntl(a, F_GETFL) == (O_RDWR | O_NONBLOCK) && fcntl(a, F_GETFD) == FD_CLOEXEC);
    CHECK_ERROR(accept(l, NULL, NULL), EAGAIN);
    char b[8];
    CHECK_ERROR(read(a, b, 8), EAGAIN);
    CHECK(epoll_ctl(e, EPOLL_CTL_ADD, c, &event) == 0 && epoll_wait(e, &got, 1, 0) == 1 && got.events == EPOLLOUT);
    CHECK(epoll_wait(e, &got, 1, 0) == 0);
    event.events = EPOLLIN;
    CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, e, &event) == 0 && epoll_wait(outer, &got, 1, 0) == 0);
    CHECK(write(a, "data", 4) == 4 && epoll_wait(outer, &got, 1, 5000) == 1);
    CHECK(epoll_wait(e, &got, 1, 0) == 1 && got.events == (EPOLLIN | EPOLLOUT) && epoll_wait(e, &got, 1, 0) == 0);
    event.events = EPOLLIN | EPOLLONESHOT;
    CHECK(epoll_ctl(e, EPOLL_CTL_MOD, c, &event) == 0 && epoll_wait(e, &got, 1, 5000) == 1 && epoll_wait(e, &got, 1, 0) == 0);
    int n;
    CHECK(ioctl(c, FIONREAD, &n) == 0 && n == 4 && read(c, b, 8) == 4);
    n = 0;
    CHECK(ioctl(c, FIONBIO, &n) == 0 && fcntl(c, F_GETFL) == O_RDWR);
    close(a);
    CHECK(read(c, b, 8) == 0);
    for (int fd = 3; fd < 20; fd++) close(fd);
}

static void test_refused(void) {
    int l = listener();
    close(l);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_ERROR(connect(c, (void *)&name, sizeof name), ECONNREFUSED);
    CHECK(error_of(c) == 0);
    close(c);
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK_ERROR(connect(c, (void *)&name, sizeof name), EINPROGRESS);
    CHECK((wait_events(c, POLLOUT) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP) && error_of(c) == ECONNREFUSED && error_of(c) == 0);
    close(c);
}

static void on_alarm(int sig) {
}

static void *serve_later(void *arg) {
    usleep(60000);
    int a = accept(*(int *)arg, NULL, NULL);
    CHECK(a >= 0 && write(a, "late", 4) == 4);
    close(a);
    return NULL;
}

static void test_signals(void) {
    int l = listener(), c = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {0, 20000}, none = {0, 0};
    struct itimerval soon = {{0, 0}, {0, 20000}};
    struct sigaction action = {.sa_handler = on_alarm};
    char b[8];
    CHECK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK_ERROR(accept(l, NULL, NULL), EAGAIN);
    CHECK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERROR(accept(l, NULL, NULL), EINTR);
    CHECK(connect(c, (void *)&name, sizeof name) == 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERROR(read(c, b, 8), EINTR);
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, serve_later, &l) == 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK(recv(c, b, 4, MSG_WAITALL) == 4);
    pthread_join(thread, NULL);
    limit.tv_sec = 5;
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&name, sizeof name) == 0 && setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERROR(read(c, b, 8), EINTR); /* a limited wait is not restarted */
    close(c);
    close(l);
}

int main(void) {
    test_connect();
    test_refused();
    test_signals();
    puts("socket_nonblocking: ok");
    return 0;
}
