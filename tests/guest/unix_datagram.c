/* SPDX-License-Identifier: ISC */
/* unix(7), SOCK_DGRAM: messages keep their bounds, senders their names; connected sockets hear their peer only; a full receiver makes
 * senders wait; peers that go, sendmmsg(2) and recvmmsg(2). */
#include "tests/guest/check.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static socklen_t name_of(struct sockaddr_un *name, const char *text) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    const int n = snprintf(name->sun_path + 1, 100, "lockstep-%lu-%d-%s", number_of_test(), getpid(), text);
    return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

static int bound(const char *text, int flags) {
    struct sockaddr_un name;
    socklen_t size = name_of(&name, text);
    int fd = socket(AF_UNIX, SOCK_DGRAM | flags, 0);
    CHECK(fd >= 0 && bind(fd, (void *)&name, size) == 0);
    return fd;
}

static int events(int fd, int wanted) {
    struct pollfd p = {fd, wanted, 0};
    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

static void close_all(void) {
    for (int fd = 3; fd < 60; fd++) close(fd);
}

static void test_bounds(void) {
    struct sockaddr_un to, from;
    socklen_t size = name_of(&to, "r"), from_size = sizeof from;
    int r = bound("r", SOCK_NONBLOCK), s = bound("s", 0), n;
    char b[64];
    CHECK_ERROR(send(s, "x", 1, 0), ENOTCONN);
    CHECK_ERROR(listen(s, 1), EOPNOTSUPP);
    CHECK_ERROR(accept(s, NULL, NULL), EOPNOTSUPP);
    CHECK_ERROR(recv(r, b, 1, 0), EAGAIN);
    CHECK(sendto(s, "first", 5, 0, (void *)&to, size) == 5 && sendto(s, "", 0, 0, (void *)&to, size) == 0);
    CHECK(sendto(s, "third one", 9, 0, (void *)&to, size) == 9);
    CHECK(ioctl(r, FIONREAD, &n) == 0 && n == 5 && events(r, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    CHECK(recvfrom(r, b, 64, MSG_PEEK, (void *)&from, &from_size) == 5 && from_size == name_of(&to, "s"));
    CHECK(memcmp(&from, &to, from_size) == 0);
    CHECK(recv(r, b, 3, MSG_TRUNC | MSG_PEEK) == 5);
    struct iovec iov = {b, 3};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = 4};
    CHECK(recvmsg(r, &message, 0) == 3 && message.msg_flags == MSG_TRUNC && message.msg_namelen == size);
    CHECK(recv(r, b, 64, 0) == 0 && recv(r, b, 64, 0) == 9);
    int anonymous = socket(AF_UNIX, SOCK_DGRAM, 0);
    size = name_of(&to, "r");
    from_size = sizeof from;
    CHECK(sendto(anonymous, "anon", 4, 0, (void *)&to, size) == 4);
    CHECK(recvfrom(r, b, 64, 0, (void *)&from, &from_size) == 4 && from_size == 0);
    size = name_of(&to, "none");
    CHECK_ERROR(sendto(s, "x", 1, 0, (void *)&to, size), ECONNREFUSED);
    int room = 5000;
    CHECK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    static char big[20000];
    size = name_of(&to, "r");
    CHECK_ERROR(sendto(s, big, sizeof big, 0, (void *)&to, size), EMSGSIZE);
    CHECK(sendto(s, big, 4000, 0, (void *)&to, size) == 4000 && recv(r, big, sizeof big, 0) == 4000);
    close_all();
}

static void test_peers(void) {
    struct sockaddr_un name, got;
    socklen_t size, got_size = sizeof got;
    int a = bound("a", SOCK_NONBLOCK), b = bound("b", SOCK_NONBLOCK), c = bound("c", SOCK_NONBLOCK);
    char text[8];
    size = name_of(&name, "b");
    CHECK(connect(a, (void *)&name, size) == 0 && send(a, "x", 1, 0) == 1 && recv(b, text, 8, 0) == 1);
    CHECK(getpeername(a, (void *)&got, &got_size) == 0 && got_size == size && memcmp(&got, &name, size) == 0);
    CHECK_ERROR(getpeername(b, (void *)&got, &got_size), ENOTCONN);
    size = name_of(&name, "a");
    CHECK_ERROR(sendto(c, "x", 1, 0, (void *)&name, size), EPERM);
    CHECK_ERROR(connect(c, (void *)&name, size), EPERM);
    CHECK(sendto(b, "y", 1, 0, (void *)&name, size) == 1 && recv(a, text, 8, 0) == 1);
    name.sun_family = AF_UNSPEC;
    CHECK(connect(a, (void *)&name, size) == 0);
    CHECK_ERROR(send(a, "x", 1, 0), ENOTCONN);
    name.sun_family = AF_UNIX;
    CHECK(connect(c, (void *)&name, size) == 0 && send(c, "z", 1, 0) == 1);
    close(a);
    CHECK_ERROR(send(c, "x", 1, 0), ECONNREFUSED);
    CHECK_ERROR(send(c, "x", 1, 0), ENOTCONN);
    int s[2];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s) == 0);
    CHECK(send(s[1], "kept", 4, 0) == 4);
    close(s[1]);
    CHECK(events(s[0], POLLIN | POLLOUT | POLLRDHUP) == (POLLIN | POLLOUT));
    CHECK(recv(s[0], text, 8, 0) == 4);
    CHECK_ERROR(recv(s[0], text, 8, 0), EAGAIN);
    CHECK_ERROR(send(s[0], "x", 1, 0), ECONNREFUSED);
    close_all();
}

static void test_shutdown(void) {
    int s[2];
    char b[8];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    signal(SIGPIPE, SIG_DFL);
    CHECK(send(s[0], "x", 1, 0) == 1 && shutdown(s[1], SHUT_RD) == 0);
    CHECK_ERROR(send(s[0], "x", 1, 0), EPIPE);
    CHECK(recv(s[1], b, 8, 0) == 1 && recv(s[1], b, 8, 0) == 0);
    CHECK_ERROR(recv(s[1], b, 8, MSG_DONTWAIT), EAGAIN);
    CHECK(shutdown(s[0], SHUT_WR) == 0);
    CHECK_ERROR(send(s[0], "x", 1, 0), EPIPE);
    close_all();
}

static void *drain(void *arg) {
    char b[8];
    usleep(20000);
    for (int i = 0; i < 4; i++) CHECK(recv(*(int *)arg, b, 8, 0) >= 0);
    return NULL;
}

static void test_full(void) {
    struct sockaddr_un name;
    socklen_t size = name_of(&name, "full");
    int r = bound("full", 0), s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), e = epoll_create1(0), n = 0;
    char b[8];
    CHECK(connect(s, (void *)&name, size) == 0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET}, got;
    while (send(s, "m", 1, 0) == 1) n++;
    CHECK(errno == EAGAIN && n >= 1 && events(s, POLLOUT) == 0);
    CHECK(epoll_ctl(e, EPOLL_CTL_ADD, s, &event) == 0 && epoll_wait(e, &got, 1, 0) == 0);
    CHECK(recv(r, b, 8, 0) == 1 && epoll_wait(e, &got, 1, 1000) == 1 && got.events == EPOLLOUT);
    CHECK(send(s, "m", 1, 0) == 1);
    struct timeval limit = {0, 30000};
    CHECK(fcntl(s, F_SETFL, 0) == 0 && setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    CHECK_ERROR(send(s, "m", 1, 0), EAGAIN);
    limit.tv_usec = 0;
    CHECK(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, drain, &r) == 0);
    CHECK(send(s, "m", 1, 0) == 1);
    pthread_join(thread, NULL);
    close_all();
}

static void test_many(void) {
    int s[2];
    char b[4][8];
    struct iovec out[3] = {{"a", 1}, {"bb", 2}, {"ccc", 3}}, in[4];
    struct mmsghdr sent[3], got[4];
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    for (int i = 0; i < 3; i++) sent[i].msg_hdr = (struct msghdr){.msg_iov = &out[i], .msg_iovlen = 1};
    for (int i = 0; i < 4; i++) {
        in[i] = (struct iovec){b[i], 8};
        got[i].msg_hdr = (struct msghdr){.msg_iov = &in[i], .msg_iovlen = 1};
    }
    CHECK(sendmmsg(s[0], sent, 3, 0) == 3 && sent[1].msg_len == 2);
    CHECK(recvmmsg(s[1], got, 4, MSG_WAITFORONE, NULL) == 3 && got[2].msg_len == 3 && memcmp(b[2], "ccc", 3) == 0);
    CHECK_ERROR(recvmmsg(s[1], got, 4, MSG_DONTWAIT, NULL), EAGAIN);
    struct timespec t = {5, 0}, bad = {0, -1}, none = {0, 0};
    CHECK(sendmmsg(s[0], sent, 3, 0) == 3 && recvmmsg(s[1], got, 2, 0, &t) == 2 && t.tv_sec == 4);
    CHECK_ERROR(recvmmsg(s[1], got, 2, 0, &bad), EINVAL);
    CHECK(recvmmsg(s[1], got, 2, 0, &none) == 1);
    CHECK_ERROR(recvmmsg(0, got, 2, 0, NULL), ENOTSOCK);
    sent[1].msg_hdr.msg_iovlen = 2000;
    CHECK(sendmmsg(s[0], sent, 3, 0) == 1);
    close_all();
}

static void test_path(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "inbox"};
    int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0);
    char b[8];
    CHECK(bind(r, (void *)&name, sizeof name) == 0 && sendto(s, "hi", 2, 0, (void *)&name, sizeof name) == 2);
    CHECK(rename("inbox", "box") == 0 && recv(r, b, 8, 0) == 2);
    CHECK_ERROR(sendto(s, "hi", 2, 0, (void *)&name, sizeof name), ENOENT);
    strcpy(name.sun_path, "box");
    CHECK(sendto(s, "hi", 2, 0, (void *)&name, sizeof name) == 2);
    close(r);
    CHECK_ERROR(sendto(s, "hi", 2, 0, (void *)&name, sizeof name), ECONNREFUSED);
    CHECK(unlink("box") == 0);
    close_all();
}

int main(void) {
    test_bounds();
    test_peers();
    test_shutdown();
    test_full();
    test_many();
    test_path();
    puts("unix_datagram: ok");
    return 0;
}
