/* SPDX-License-Identifier: ISC */
/* socket(2) and its family: what is no socket, what is not open, bad addresses and sizes, before anything else happens; errors that a
 * datagram comes back with (IP_RECVERR, MSG_ERRQUEUE). */
#include "tests/guest/check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

static char b[16];
static struct sockaddr_in name;
static socklen_t size = sizeof name;
static int value;

/* Every call on a number that is not open, and on a file that is no socket. */
static void test_wrong_descriptor(int fd, int error) {
    struct iovec iov = {b, 4};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    struct mmsghdr many = {.msg_hdr = message};
    CHECK_ERROR(bind(fd, (void *)&name, sizeof name), error);
    CHECK_ERROR(connect(fd, (void *)&name, sizeof name), error);
    CHECK_ERROR(listen(fd, 1), error);
    CHECK_ERROR(accept(fd, NULL, NULL), error);
    CHECK_ERROR(accept4(fd, NULL, NULL, SOCK_CLOEXEC), error);
    CHECK_ERROR(getsockname(fd, (void *)&name, &size), error);
    CHECK_ERROR(getpeername(fd, (void *)&name, &size), error);
    CHECK_ERROR(shutdown(fd, SHUT_RD), error);
    CHECK_ERROR(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value), error);
    CHECK_ERROR(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), error);
    CHECK_ERROR(send(fd, b, 1, 0), error);
    CHECK_ERROR(recv(fd, b, 1, 0), error);
    CHECK_ERROR(sendmsg(fd, &message, 0), error);
    CHECK_ERROR(recvmsg(fd, &message, 0), error);
    CHECK_ERROR(sendmmsg(fd, &many, 1, 0), error);
    CHECK_ERROR(recvmmsg(fd, &many, 1, 0, NULL), error);
}

static void test_pointers(int family) {
    void *bad = (void *)(uintptr_t)16;
    int s = socket(family, SOCK_STREAM, 0), d = socket(family, SOCK_DGRAM, 0), pair[2];
    struct msghdr message = {.msg_iov = bad, .msg_iovlen = 1};
    CHECK_ERROR(bind(s, bad, sizeof name), EFAULT);
    CHECK_ERROR(bind(s, (void *)&name, 129), EINVAL);
    CHECK_ERROR(bind(s, (void *)&name, -1), EINVAL);
    CHECK_ERROR(connect(s, bad, sizeof name), EFAULT);
    CHECK_ERROR(getsockname(s, NULL, &size), EFAULT);
    CHECK_ERROR(getsockname(s, (void *)&name, bad), EFAULT);
    CHECK_ERROR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bad, 4), EFAULT);
    CHECK_ERROR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, -1), EINVAL);
    CHECK_ERROR(sendto(d, "x", 1, 0, bad, sizeof name), EFAULT);
    CHECK_ERROR(syscall(SYS_sendmsg, d, bad, 0), EFAULT);
    CHECK_ERROR(syscall(SYS_sendmsg, d, &message, 0), EFAULT);
    CHECK_ERROR(syscall(SYS_recvmsg, d, bad, 0), EFAULT);
    message.msg_iovlen = 1025;
    CHECK_ERROR(syscall(SYS_sendmsg, d, &message, 0), EMSGSIZE);
    CHECK_ERROR(syscall(SYS_recvmsg, d, &message, 0), EMSGSIZE);
    CHECK_ERROR(syscall(SYS_accept4, s, NULL, NULL, 1), EINVAL);
    CHECK_ERROR(socket(family, SOCK_STREAM | 0x100, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, bad), EFAULT);
    CHECK_ERROR(socketpair(AF_INET, SOCK_STREAM, 0, pair), EOPNOTSUPP);
    close(s);
    close(d);
}

static void test_bad_data(void) {
    int s[2];
    void *bad = (void *)(uintptr_t)16;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK_ERROR(send(s[0], bad, 4, 0), EFAULT);
    CHECK(send(s[0], "data", 4, 0) == 4);
    CHECK_ERROR(recv(s[1], bad, 4, 0), EFAULT);
    CHECK(recv(s[1], b, 16, 0) == 4);
    struct iovec iov[2] = {{"good", 4}, {bad, 4}};
    CHECK(writev(s[0], iov, 2) == 4 || errno == EFAULT);
    close(s[0]);
    close(s[1]);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    CHECK_ERROR(send(s[0], bad, 4, 0), EFAULT);
    CHECK_ERROR(recv(s[1], b, 4, MSG_DONTWAIT), EAGAIN);
    close(s[0]);
    close(s[1]);
}

static void test_full_table(void) {
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "listener"};
    int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s[2];
    CHECK(bind(l, (void *)&path, sizeof path) == 0 && listen(l, 1) == 0 && connect(c, (void *)&path, sizeof path) == 0);
    const int next = dup(0);
    close(next);
    struct rlimit old, few;
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    few = (struct rlimit){(rlim_t)next, old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    CHECK_ERROR(accept(l, NULL, NULL), EMFILE);
    CHECK_ERROR(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
    CHECK_ERROR(socketpair(AF_UNIX, SOCK_STREAM, 0, s), EMFILE);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    int a = accept(l, NULL, NULL);
    CHECK(a >= 0 && write(c, "x", 1) == 1 && read(a, b, 1) == 1);
    CHECK(unlink("listener") == 0);
    close(a);
    close(l);
    close(c);
}

static void test_error_queue(void) {
    int s = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char control[256];
    struct iovec iov = {b, sizeof b};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CHECK_ERROR(recvmsg(s, &message, MSG_ERRQUEUE), EAGAIN);
    int taken = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(taken, (void *)&to, sizeof to) == 0 && getsockname(taken, (void *)&to, &size) == 0);
    close(taken);
    CHECK(setsockopt(s, IPPROTO_IP, IP_RECVERR, &one, sizeof one) == 0 && sendto(s, "lost", 4, 0, (void *)&to, sizeof to) == 4);
    struct pollfd p = {s, 0, 0};
    CHECK(poll(&p, 1, 3000) == 1 && p.revents == POLLERR);
    message.msg_controllen = sizeof control;
    CHECK(recvmsg(s, &message, MSG_ERRQUEUE) == 4 && message.msg_flags & MSG_ERRQUEUE && memcmp(b, "lost", 4) == 0);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    uint32_t error;
    CHECK(part && part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR);
    memcpy(&error, CMSG_DATA(part), sizeof error);
    CHECK(error == ECONNREFUSED);
    close(s);
}

int main(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    test_wrong_descriptor(500, EBADF);
    test_wrong_descriptor(p[0], ENOTSOCK);
    test_pointers(AF_UNIX);
    test_pointers(AF_INET);
    test_bad_data();
    test_full_table();
    test_error_queue();
    CHECK_ERROR(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERROR(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
    puts("socket_errors: ok");
    return 0;
}
