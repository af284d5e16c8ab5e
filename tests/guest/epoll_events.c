/* SPDX-License-Identifier: ISC */
/* epoll(7): levels repeat, edges do not, one-shots want re-arming, closing takes off, epolls nest but not in circles,
 * regular files are refused. */
#include "tests/guest/check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>

static int control(int ep, int op, int fd, unsigned events, int data) {
    struct epoll_event e = {.events = events, .data.u64 = (unsigned long)data};
    return epoll_ctl(ep, op, fd, &e);
}

static int wait_for(int ep, int timeout, unsigned *events, unsigned long *data) {
    struct epoll_event e[8];
    const int n = epoll_wait(ep, e, 8, timeout);
    if (n > 0) {
        *events = e[0].events;
        *data = e[0].data.u64;
    }
    return n;
}

static unsigned events;
static unsigned long data;

static void test_level_and_edge(void) {
    int p[2], ep = epoll_create1(0);
    char b[8];
    CHECK(ep >= 0 && pipe2(p, O_NONBLOCK) == 0);
    CHECK(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 1) == 0);
    CHECK(wait_for(ep, 0, &events, &data) == 0);
    CHECK(write(p[1], "abc", 3) == 3);
    for (int i = 0; i < 3; i++) CHECK(wait_for(ep, -1, &events, &data) == 1 && events == EPOLLIN && data == 1);
    CHECK(read(p[0], b, 8) == 3 && wait_for(ep, 0, &events, &data) == 0);
    CHECK(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2) == 0 && wait_for(ep, 0, &events, &data) == 0);
    CHECK(write(p[1], "abc", 3) == 3 && wait_for(ep, -1, &events, &data) == 1 && data == 2);
    CHECK(wait_for(ep, 0, &events, &data) == 0);
    CHECK(write(p[1], "d", 1) == 1 && wait_for(ep, -1, &events, &data) == 1);
    CHECK(wait_for(ep, 0, &events, &data) == 0);
    CHECK(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3) == 0);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && data == 3 && wait_for(ep, 0, &events, &data) == 0);
    CHECK(write(p[1], "e", 1) == 1 && wait_for(ep, 0, &events, &data) == 0);
    CHECK(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 4) == 0);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && data == 4);
    CHECK(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 5) == 0);
    close(p[1]);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && events == (EPOLLIN | EPOLLHUP));
    close(p[0]);
    CHECK(wait_for(ep, 0, &events, &data) == 0);
    close(ep);
}

static void test_errors(void) {
    int p[2], ep = epoll_create(1), file = open("f", O_CREAT | O_RDWR, 0600);
    struct epoll_event e;
    CHECK(pipe(p) == 0 && ep >= 0);
    CHECK_ERROR(syscall(SYS_epoll_create, 0), EINVAL);
    CHECK_ERROR(epoll_create1(1), EINVAL);
    CHECK_ERROR(control(ep, EPOLL_CTL_ADD, file, EPOLLIN, 0), EPERM);
    CHECK_ERROR(control(ep, EPOLL_CTL_ADD, 99, EPOLLIN, 0), EBADF);
    CHECK_ERROR(control(99, EPOLL_CTL_ADD, p[0], EPOLLIN, 0), EBADF);
    CHECK_ERROR(control(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN, 0), EINVAL);
    CHECK_ERROR(control(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 0), EINVAL);
    CHECK_ERROR(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN, 0), ENOENT);
    CHECK_ERROR(control(ep, EPOLL_CTL_DEL, p[0], EPOLLIN, 0), ENOENT);
    CHECK(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0) == 0);
    CHECK_ERROR(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN, 0), EEXIST);
    CHECK_ERROR(control(ep, 9, p[0], EPOLLIN, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[1], 8), EFAULT);
    CHECK_ERROR(epoll_wait(ep, &e, 0, 0), EINVAL);
    CHECK_ERROR(epoll_wait(p[0], &e, 1, 0), EINVAL);
    CHECK_ERROR(epoll_wait(99, &e, 1, 0), EBADF);
    CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL) == 0);
    close(p[0]);
    close(p[1]);
    close(ep);
}

static void test_nesting(void) {
    int inner = epoll_create1(0), outer = epoll_create1(0), e = eventfd(0, EFD_NONBLOCK);
    unsigned long one = 1;
    CHECK(control(inner, EPOLL_CTL_ADD, e, EPOLLIN, 1) == 0 && control(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2) == 0);
    CHECK_ERROR(control(inner, EPOLL_CTL_ADD, outer, EPOLLIN, 3), ELOOP);
    struct pollfd f = {outer, POLLIN, 0};
    CHECK(wait_for(outer, 0, &events, &data) == 0 && poll(&f, 1, 0) == 0);
    CHECK(write(e, &one, 8) == 8);
    CHECK(poll(&f, 1, -1) == 1 && f.revents == POLLIN);
    CHECK(wait_for(outer, -1, &events, &data) == 1 && data == 2);
    CHECK(wait_for(inner, -1, &events, &data) == 1 && data == 1);
    CHECK(read(e, &one, 8) == 8 && wait_for(outer, 0, &events, &data) == 0);
    int chain[7] = {epoll_create1(0)};
    CHECK(control(chain[0], EPOLL_CTL_ADD, e, EPOLLIN, 0) == 0);
    int depth = 1;
    for (; depth < 7; depth++) {
        chain[depth] = epoll_create1(0);
        if (control(chain[depth], EPOLL_CTL_ADD, chain[depth - 1], EPOLLIN, 0)) break;
    }
    CHECK((depth == 5 || depth == 6) && errno == ELOOP);
    close(inner);
    CHECK(wait_for(outer, 0, &events, &data) == 0);
}

static int shared_pipe[2];

static void *write_later(void *arg) {
    struct timespec t = {0, 50000000};
    nanosleep(&t, NULL);
    CHECK(write(shared_pipe[1], "x", 1) == 1);
    return NULL;
}

static void test_blocking(void) {
    int ep = epoll_create1(EPOLL_CLOEXEC);
    pthread_t thread;
    CHECK(pipe(shared_pipe) == 0 && fcntl(ep, F_GETFD) == FD_CLOEXEC);
    CHECK(control(ep, EPOLL_CTL_ADD, shared_pipe[0], EPOLLIN | EPOLLET, 7) == 0);
    CHECK(control(ep, EPOLL_CTL_ADD, shared_pipe[1], EPOLLOUT | EPOLLET, 8) == 0);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && events == EPOLLOUT && data == 8);
    CHECK(pthread_create(&thread, NULL, write_later, NULL) == 0);
    int n;
    do n = wait_for(ep, -1, &events, &data);
    while (n == 1 && data == 8);
    CHECK(n == 1 && events == EPOLLIN && data == 7);
    CHECK(pthread_join(thread, NULL) == 0);
    int copy = dup(shared_pipe[0]);
    CHECK(control(ep, EPOLL_CTL_ADD, copy, EPOLLIN, 9) == 0);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && data == 9);
    close(copy);
    CHECK(wait_for(ep, -1, &events, &data) == 1 && data == 9);
}

int main(void) {
    test_level_and_edge();
    test_errors();
    test_nesting();
    test_blocking();
    puts("epoll_events: ok");
    return 0;
}
