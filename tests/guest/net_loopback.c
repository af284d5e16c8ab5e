// options: --net=loopback
/* SPDX-License-Identifier: ISC */
/* tcp(7), udp(7), ip(7), ipv6(7) on the loopback interface: ports and who may share them, connections and how either side's end is
 * seen, datagrams and refusals. Natively, through the host, and within the machine alike. */
#include "tests/guest/check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

static int has_six;

static struct sockaddr_in at(const char *ip, int port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    CHECK(inet_pton(AF_INET, ip, &name.sin_addr) == 1);
    return name;
}

static int port_of(int s) {
    struct sockaddr_in6 name;
    socklen_t size = sizeof name;
    CHECK(getsockname(s, (void *)&name, &size) == 0);
    return ntohs(name.sin6_port); /* the same place in both families */
}

static int bound(int type, const char *ip, int port) {
    struct sockaddr_in name = at(ip, port);
    int s = socket(AF_INET, type, 0);
    CHECK(s >= 0 && bind(s, (void *)&name, sizeof name) == 0);
    return s;
}

static int connected(int port) {
    struct sockaddr_in name = at("127.0.0.1", port);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(s, (void *)&name, sizeof name) == 0);
    return s;
}

/* Waits for any of the events, which come soon but not at once on a real stack. */
static int events(int fd, int wanted) {
    struct pollfd p = {fd, wanted, 0};
    CHECK(poll(&p, 1, 3000) >= 0);
    return p.revents;
}

static int error_of(int s) {
    int error;
    socklen_t size = sizeof error;
    CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    return error;
}

static void close_all(void) {
    for (int fd = 3; fd < 60; fd++) close(fd);
}

static void test_ports(int type) {
    int a = bound(type, "127.0.0.1", 0), b = socket(AF_INET, type, 0), one = 1;
    const int port = port_of(a);
    CHECK(port >= 1024);
    struct sockaddr_in same = at("127.0.0.1", port), any = at("0.0.0.0", port), other = at("127.0.0.2", port), far = at("192.0.2.1", 0);
    CHECK_ERROR(bind(b, (void *)&same, sizeof same), EADDRINUSE);
    CHECK_ERROR(bind(b, (void *)&any, sizeof any), EADDRINUSE);
    CHECK_ERROR(bind(b, (void *)&far, sizeof far), EADDRNOTAVAIL);
    CHECK_ERROR(bind(b, (void *)&same, 8), EINVAL);
    same.sin_family = AF_INET6;
    CHECK_ERROR(bind(b, (void *)&same, sizeof same), EAFNOSUPPORT);
    CHECK(bind(b, (void *)&other, sizeof other) == 0);
    CHECK_ERROR(bind(b, (void *)&other, sizeof other), EINVAL);
    int c = socket(AF_INET, type, 0), d = socket(AF_INET, type, 0), e = socket(AF_INET, type, 0);
    struct sockaddr_in none = at("0.0.0.0", 0);
    CHECK(setsockopt(c, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 && bind(c, (void *)&none, sizeof none) == 0);
    none.sin_port = htons(port_of(c));
    CHECK_ERROR(bind(d, (void *)&none, sizeof none), EADDRINUSE);
    CHECK(setsockopt(d, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 && bind(d, (void *)&none, sizeof none) == 0);
    close(c);
    close(d);
    CHECK(bind(e, (void *)&none, sizeof none) == 0);
    close_all();
}

static void test_connection(void) {
    int l = bound(SOCK_STREAM, "127.0.0.1", 0), n;
    struct sockaddr_in name, peer;
    socklen_t size = sizeof name;
    char b[32];
    const int port = port_of(l);
    struct sockaddr_in target = at("127.0.0.1", port);
    int early = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_ERROR(connect(early, (void *)&target, sizeof target), ECONNREFUSED);
    close(early);
    CHECK(listen(l, 4) == 0);
    CHECK_ERROR(connect(l, (void *)&target, sizeof target), EISCONN);
    int c = connected(port), a = accept(l, (void *)&peer, &size);
    CHECK(a >= 0 && size == sizeof peer && peer.sin_family == AF_INET && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(ntohs(peer.sin_port) == port_of(c) && port_of(a) == port);
    size = sizeof name;
    CHECK(getpeername(c, (void *)&name, &size) == 0 && ntohs(name.sin_port) == port);
    CHECK_ERROR(connect(c, (void *)&target, sizeof target), EISCONN);
    CHECK_ERROR(getpeername(l, (void *)&name, &size), ENOTCONN);
    CHECK(write(c, "hello", 5) == 5 && recv(a, b, 5, MSG_WAITALL | MSG_PEEK) == 5 && read(a, b, 3) == 3);
    CHECK(ioctl(a, FIONREAD, &n) == 0 && n == 2 && read(a, b, 8) == 2);
    size = sizeof name;
    CHECK(send(a, "x", 1, 0) == 1 && recvfrom(c, b, 8, 0, (void *)&name, &size) == 1);
    CHECK_ERROR(recv(c, b, 1, MSG_DONTWAIT), EAGAIN);
    CHECK(events(c, POLLOUT) == POLLOUT);
    CHECK(shutdown(c, SHUT_WR) == 0);
    CHECK((events(a, POLLIN | POLLRDHUP) & (POLLIN | POLLRDHUP | POLLHUP)) == (POLLIN | POLLRDHUP));
    CHECK(read(a, b, 8) == 0 && write(a, "still", 5) == 5 && recv(c, b, 5, MSG_WAITALL) == 5);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERROR(write(c, "x", 1), EPIPE);
    close(a);
    CHECK(read(c, b, 8) == 0 && (events(c, POLLIN) & (POLLIN | POLLHUP)) == (POLLIN | POLLHUP));
    int lone = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_ERROR(send(lone, "x", 1, 0), EPIPE);
    CHECK_ERROR(recv(lone, b, 1, 0), ENOTCONN);
    CHECK_ERROR(shutdown(lone, SHUT_RD), ENOTCONN);
    CHECK((events(lone, POLLIN | POLLOUT) & (POLLOUT | POLLHUP)) == (POLLOUT | POLLHUP));
    CHECK_ERROR(accept(lone, NULL, NULL), EINVAL);
    close_all();
}

static void test_ends(void) {
    int l = bound(SOCK_STREAM, "127.0.0.1", 0), port = port_of(l);
    char b[8];
    CHECK(listen(l, 4) == 0);
    /* Closed with something unread: a reset. */
    int c = connected(port), a = accept(l, NULL, NULL);
    CHECK(write(c, "unread", 6) == 6 && events(a, POLLIN) == POLLIN);
    close(a);
    CHECK((events(c, POLLIN) & (POLLIN | POLLERR | POLLHUP)) == (POLLIN | POLLERR | POLLHUP));
    CHECK_ERROR(read(c, b, 8), ECONNRESET);
    CHECK(read(c, b, 8) == 0);
    CHECK_ERROR(write(c, "x", 1), EPIPE);
    close(c);
    /* Closed without time to linger: a reset too. */
    struct linger linger = {1, 0};
    c = connected(port);
    a = accept(l, NULL, NULL);
    CHECK(setsockopt(a, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
    close(a);
    events(c, POLLIN);
    CHECK(error_of(c) == ECONNRESET && error_of(c) == 0);
    close(c);
    /* Closed in order: the first send goes unheard, the second one is told. */
    c = connected(port);
    a = accept(l, NULL, NULL);
    close(a);
    CHECK(events(c, POLLIN) == POLLIN && read(c, b, 8) == 0 && write(c, "x", 1) == 1);
    CHECK(events(c, 0) & POLLHUP);
    CHECK_ERROR(write(c, "x", 1), EPIPE);
    close(c);
    /* Never accepted. */
    c = connected(port);
    close(l);
    events(c, POLLIN);
    CHECK_ERROR(read(c, b, 8), ECONNRESET);
    close_all();
}

static void *drain(void *arg) {
    static char buffer[30000];
    size_t n = 0;
    ssize_t r;
    while ((r = read(*(int *)arg, buffer, sizeof buffer)) > 0) n += (size_t)r;
    return (void *)n;
}

static void test_flow(void) {
    static char big[3000000];
    int l = bound(SOCK_STREAM, "0.0.0.0", 0), one = 1;
    CHECK(listen(l, 1) == 0);
    int c = connected(port_of(l)), a = accept(l, NULL, NULL);
    CHECK(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    CHECK(fcntl(c, F_SETFL, O_NONBLOCK) == 0);
    size_t n = 0;
    ssize_t r;
    while ((r = write(c, big, sizeof big)) > 0) n += (size_t)r;
    CHECK(errno == EAGAIN && n > 10000);
    CHECK(fcntl(c, F_SETFL, 0) == 0);
    pthread_t thread;
    void *total;
    CHECK(pthread_create(&thread, NULL, drain, &a) == 0 && write(c, big, sizeof big) == sizeof big && shutdown(c, SHUT_WR) == 0);
    pthread_join(thread, &total);
    CHECK((size_t)total == n + sizeof big);
    close_all();
}

static void test_datagrams(void) {
    int r = bound(SOCK_DGRAM, "127.0.0.1", 0), s = socket(AF_INET, SOCK_DGRAM, 0), port = port_of(r), n;
    struct sockaddr_in to = at("127.0.0.1", port), from;
    socklen_t size = sizeof from;
    char b[16];
    CHECK_ERROR(send(s, "x", 1, 0), EDESTADDRREQ);
    CHECK_ERROR(listen(s, 1), EOPNOTSUPP);
    CHECK(sendto(s, "hello", 5, 0, (void *)&to, sizeof to) == 5 && events(r, POLLIN) == POLLIN && ioctl(r, FIONREAD, &n) == 0 && n == 5);
    CHECK(recvfrom(r, b, 3, MSG_TRUNC, (void *)&from, &size) == 5 && size == sizeof from && ntohs(from.sin_port) == port_of(s));
    CHECK(from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(sendto(s, "", 0, 0, (void *)&to, sizeof to) == 0 && recv(r, b, 3, 0) == 0);
    CHECK_ERROR(recv(r, b, 3, MSG_DONTWAIT), EAGAIN);
    CHECK(connect(s, (void *)&to, sizeof to) == 0 && send(s, "c", 1, 0) == 1 && recv(r, b, 8, 0) == 1);
    size = sizeof from;
    CHECK(getpeername(s, (void *)&from, &size) == 0 && ntohs(from.sin_port) == port);
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    to = at("127.0.0.1", port_of(s));
    CHECK(sendto(stranger, "no", 2, 0, (void *)&to, sizeof to) == 2 && sendto(r, "yes", 3, 0, (void *)&to, sizeof to) == 3);
    CHECK(recv(s, b, 8, 0) == 3);
    close(r);
    CHECK(send(s, "x", 1, 0) == 1 && events(s, POLLIN) & POLLERR);
    CHECK_ERROR(recv(s, b, 8, 0), ECONNREFUSED);
    from.sin_family = AF_UNSPEC;
    CHECK(connect(s, (void *)&from, sizeof from) == 0);
    CHECK_ERROR(getpeername(s, (void *)&from, &size), ENOTCONN);
    CHECK_ERROR(shutdown(s, SHUT_RD), ENOTCONN);
    static char big[70000];
    CHECK_ERROR(sendto(s, big, sizeof big, 0, (void *)&to, sizeof to), EMSGSIZE);
    close_all();
}

static void test_six(void) {
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}, peer;
    socklen_t size = sizeof peer;
    char b[8];
    int l = socket(AF_INET6, SOCK_STREAM, 0), one = 1;
    CHECK(l >= 0 && bind(l, (void *)&name, sizeof name) == 0 && listen(l, 4) == 0);
    int four = connected(port_of(l)), a = accept(l, (void *)&peer, &size);
    CHECK(a >= 0 && size == sizeof peer && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr) && write(four, "4", 1) == 1 && read(a, b, 8) == 1);
    int c = socket(AF_INET6, SOCK_STREAM, 0);
    name.sin6_port = htons(port_of(l));
    name.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
    CHECK(connect(c, (void *)&name, sizeof name) == 0 && (a = accept(l, (void *)&peer, &size)) >= 0);
    CHECK(IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr) && ntohs(peer.sin6_port) == port_of(c));
    int only = socket(AF_INET6, SOCK_STREAM, 0);
    name.sin6_addr = (struct in6_addr)IN6ADDR_ANY_INIT;
    name.sin6_port = 0;
    CHECK(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0 && bind(only, (void *)&name, sizeof name) == 0 && listen(only, 1) == 0);
    close(bound(SOCK_STREAM, "0.0.0.0", port_of(only)));
    struct sockaddr_in target = at("127.0.0.1", port_of(only));
    CHECK_ERROR(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&target, sizeof target), ECONNREFUSED);
    close_all();
}

int main(void) {
    int s = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    has_six = s >= 0 && bind(s, (void *)&six, sizeof six) == 0;
    close_all();
    test_ports(SOCK_STREAM);
    test_ports(SOCK_DGRAM);
    test_connection();
    test_ends();
    test_flow();
    test_datagrams();
    if (has_six) test_six();
    puts("net_loopback: ok");
    return 0;
}
