// options: --net=loopback
/* SPDX-License-Identifier: ISC */
/* socket(2), unix(7), ip(7): pairs, listeners, datagrams over loopback, descriptors in messages, time limits, epoll. */
#include "tests/guest/check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static char big[500000];

static void test_pair(void) {
    int s[2];
    char b[16];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0 && fcntl(s[0], F_GETFD) == FD_CLOEXEC);
    CHECK(write(s[0], "hello", 5) == 5 && read(s[1], b, 16) == 5);
    CHECK(send(s[1], "abc", 3, 0) == 3 && recv(s[0], b, 16, MSG_PEEK) == 3 && recv(s[0], b, 2, 0) == 2 && recv(s[0], b, 2, 0) == 1);
    CHECK_ERROR(recv(s[0], b, 16, MSG_DONTWAIT), EAGAIN);
    CHECK(fcntl(s[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK_ERROR(read(s[0], b, 16), EAGAIN);
    pid_t child = fork();
    if (child == 0) {
        close(s[0]);
        CHECK(write(s[1], big, sizeof big) == sizeof big);
        _exit(0);
    }
    close(s[1]);
    CHECK(fcntl(s[0], F_SETFL, 0) == 0);
    size_t n = 0;
    ssize_t r;
    while ((r = read(s[0], big, 70000)) > 0) n += (size_t)r;
    CHECK(r == 0 && n == sizeof big);
    wait_ok(child);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERROR(write(s[0], "x", 1), EPIPE);
    CHECK_ERROR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    int p[2];
    CHECK(pipe(p) == 0);
    CHECK_ERROR(send(p[1], "x", 1, 0), ENOTSOCK);
    CHECK_ERROR(send(99, "x", 1, 0), EBADF);
    CHECK_ERROR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
}

static void test_listener(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "sock"}, got;
    socklen_t size = sizeof got;
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERROR(connect(l, (void *)&name, sizeof name), ENOENT);
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 5) == 0);
    struct stat st;
    CHECK(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode));
    CHECK_ERROR(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof name), EADDRINUSE);
    pid_t child = fork();
    if (child == 0) {
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(connect(c, (void *)&name, sizeof name) == 0 && write(c, "hi", 2) == 2);
        _exit(0);
    }
    int a = accept(l, (void *)&got, &size);
    char b[8];
    CHECK(a >= 0 && got.sun_family == AF_UNIX && read(a, b, 8) == 2 && read(a, b, 8) == 0);
    wait_ok(child);
    CHECK(unlink("sock") == 0);
}

static void test_inet(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, got;
    socklen_t size = sizeof got;
    int l = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 5) == 0);
    CHECK(getsockname(l, (void *)&got, &size) == 0 && size == sizeof got && got.sin_port != 0);
    pid_t child = fork();
    if (child == 0) {
        int c = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(connect(c, (void *)&got, sizeof got) == 0);
        CHECK(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 && write(c, big, sizeof big) == sizeof big);
        _exit(0);
    }
    int a = accept4(l, NULL, NULL, SOCK_CLOEXEC), ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = 3};
    CHECK(a >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, a, &event) == 0);
    size_t n = 0;
    while (n < sizeof big) {
        CHECK(epoll_wait(ep, &event, 1, 10000) == 1 && event.data.u32 == 3);
        ssize_t r;
        while ((r = recv(a, big, sizeof big, MSG_DONTWAIT)) > 0) n += (size_t)r;
        if (r == 0) break;
        CHECK(errno == EAGAIN);
    }
    CHECK(n == sizeof big);
    wait_ok(child);
    int err;
    size = sizeof err;
    CHECK(getsockopt(a, SOL_SOCKET, SO_ERROR, &err, &size) == 0 && err == 0 && shutdown(a, SHUT_WR) == 0);
    close(l);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_ERROR(connect(c, (void *)&got, sizeof got), ECONNREFUSED);
}

static void test_datagrams(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from;
    socklen_t size = sizeof name;
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    char data[8], more[8];
    CHECK(bind(a, (void *)&name, sizeof name) == 0 && getsockname(a, (void *)&name, &size) == 0);
    CHECK(sendto(b, "datagram", 8, 0, (void *)&name, sizeof name) == 8 && sendto(b, "", 0, 0, (void *)&name, sizeof name) == 0);
    CHECK(recvfrom(a, data, 4, 0, (void *)&from, &size) == 4 && from.sin_port != 0 && size == sizeof from);
    CHECK(recv(a, data, 8, 0) == 0);
    struct iovec out[2] = {{"abc", 3}, {"de", 2}}, in[2] = {{data, 2}, {more, 8}};
    struct msghdr m = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = out, .msg_iovlen = 2};
    CHECK(sendmsg(b, &m, 0) == 5);
    m = (struct msghdr){.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 2};
    CHECK(recvmsg(a, &m, 0) == 5 && !memcmp(data, "ab", 2) && !memcmp(more, "cde", 3) && m.msg_namelen == sizeof from);
    struct timeval limit = {0, 50000};
    CHECK(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK_ERROR(recv(a, data, 8, 0), EAGAIN);
}

static void test_rights(void) {
    int s[2], fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600), got;
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0 && write(fd, "through", 7) == 7);
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {"x", 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    CHECK(sendmsg(s[0], &m, 0) == 1);
    char b[8];
    iov.iov_base = b;
    memset(&control, 0, sizeof control);
    CHECK(recvmsg(s[1], &m, MSG_CMSG_CLOEXEC) == 1 && m.msg_controllen >= CMSG_LEN(sizeof(int)));
    memcpy(&got, CMSG_DATA(&control.header), sizeof got);
    CHECK(got > fd && fcntl(got, F_GETFD) == FD_CLOEXEC && lseek(got, 0, SEEK_SET) == 0 && read(got, b, 8) == 7);
    CHECK(lseek(fd, 0, SEEK_CUR) == 7);
}

int main(void) {
    alarm(50);
    test_pair();
    test_listener();
    test_inet();
    test_datagrams();
    test_rights();
    puts("socket_basics: ok");
    return 0;
}
