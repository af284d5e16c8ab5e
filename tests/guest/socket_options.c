/* SPDX-License-Identifier: ISC */
/* socket(7), tcp(7), ip(7), ipv6(7), udp(7): options keep what was set, have their first values and refuse what they must. */
#include "tests/guest/check.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static int get(int s, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(getsockopt(s, level, name, &value, &size) == 0 && size == sizeof value);
    return value;
}

static int set(int s, int level, int name, int value) {
    return setsockopt(s, level, name, &value, sizeof value);
}

struct option {
    int level, name, value, then;
};

static void test_kept(int s, const struct option *options, int n) {
    for (int i = 0; i < n; i++) {
        CHECK(set(s, options[i].level, options[i].name, options[i].value) == 0);
        if (get(s, options[i].level, options[i].name) == options[i].then) continue;
        printf("option %d: %d\n", i, get(s, options[i].level, options[i].name));
        exit(1);
    }
}

static const struct option general[] = {
    {SOL_SOCKET, SO_KEEPALIVE, 7, 1}, {SOL_SOCKET, SO_REUSEADDR, 1, 1}, {SOL_SOCKET, SO_BROADCAST, 1, 1},
    {SOL_SOCKET, SO_OOBINLINE, 1, 1}, {SOL_SOCKET, SO_DONTROUTE, 1, 1}, {SOL_SOCKET, SO_PRIORITY, 3, 3},
    {SOL_SOCKET, SO_TIMESTAMP, 1, 1}, {SOL_SOCKET, SO_RCVLOWAT, 0, 1},  {SOL_SOCKET, SO_RCVLOWAT, 5, 5},
    {SOL_SOCKET, SO_SNDBUF, 20000, 40000}, {SOL_SOCKET, SO_RCVBUF, 30000, 60000}, {SOL_SOCKET, SO_SNDBUF, 1, 4608},
    {SOL_SOCKET, SO_KEEPALIVE, 0, 0},
};

static void test_times(int s) {
    struct timeval t = {3, 250000}, got;
    socklen_t size = sizeof got;
    const int names[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    for (int i = 0; i < 2; i++) {
        CHECK(setsockopt(s, SOL_SOCKET, names[i], &t, sizeof t) == 0);
        CHECK(getsockopt(s, SOL_SOCKET, names[i], &got, &size) == 0 && size == sizeof got);
        CHECK(got.tv_sec == 3 && got.tv_usec >= 248000 && got.tv_usec <= 252000);
        struct timeval bad = {0, 1000000};
        CHECK_ERROR(setsockopt(s, SOL_SOCKET, names[i], &bad, sizeof bad), EDOM);
        CHECK_ERROR(setsockopt(s, SOL_SOCKET, names[i], &t, 8), EINVAL);
        memset(&bad, 0, sizeof bad);
        CHECK(setsockopt(s, SOL_SOCKET, names[i], &bad, sizeof bad) == 0);
        CHECK(getsockopt(s, SOL_SOCKET, names[i], &got, &size) == 0 && got.tv_sec == 0 && got.tv_usec == 0);
    }
    struct linger linger = {1, 5}, kept;
    size = sizeof kept;
    CHECK(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
    CHECK(getsockopt(s, SOL_SOCKET, SO_LINGER, &kept, &size) == 0 && kept.l_onoff == 1 && kept.l_linger == 5);
    linger.l_onoff = 0;
    CHECK(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
}

static void test_general(int family, int type, int protocol) {
    int s = socket(family, type, 0), value;
    socklen_t size = 2;
    CHECK(get(s, SOL_SOCKET, SO_TYPE) == type && get(s, SOL_SOCKET, SO_DOMAIN) == family && get(s, SOL_SOCKET, SO_PROTOCOL) == protocol);
    CHECK(get(s, SOL_SOCKET, SO_ERROR) == 0 && get(s, SOL_SOCKET, SO_ACCEPTCONN) == 0 && get(s, SOL_SOCKET, SO_SNDLOWAT) == 1);
    test_kept(s, general, sizeof general / sizeof general[0]);
    test_times(s);
    value = -1;
    CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && size == 2 && (value & 0xffff) == type);
    CHECK_ERROR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &value, 3), EINVAL);
    CHECK_ERROR(set(s, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT);
    CHECK_ERROR(set(s, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
    size = sizeof value;
    CHECK_ERROR(getsockopt(s, SOL_SOCKET, 9999, &value, &size), ENOPROTOOPT);
    CHECK_ERROR(getsockopt(s, SOL_SOCKET, SO_TYPE, NULL, &size), EFAULT);
    size = -1;
    CHECK_ERROR(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &size), EINVAL);
    CHECK_ERROR(setsockopt(0, SOL_SOCKET, SO_KEEPALIVE, &value, 4), ENOTSOCK);
    CHECK_ERROR(setsockopt(99, SOL_SOCKET, SO_KEEPALIVE, &value, 4), EBADF);
    close(s);
}

static void test_inet(void) {
    static const struct option tcp[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1, 1}, {IPPROTO_TCP, TCP_CORK, 1, 1}, {IPPROTO_TCP, TCP_CORK, 0, 0},
        {IPPROTO_TCP, TCP_KEEPIDLE, 60, 60}, {IPPROTO_TCP, TCP_KEEPINTVL, 15, 15}, {IPPROTO_TCP, TCP_KEEPCNT, 4, 4},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 9000, 9000}, {IPPROTO_TCP, TCP_SYNCNT, 3, 3}, {IPPROTO_IP, IP_TOS, 16, 16},
        {IPPROTO_IP, IP_TTL, 33, 33}, {IPPROTO_IP, IP_RECVERR, 1, 1}, {SOL_SOCKET, SO_REUSEPORT, 1, 1},
    };
    static const struct option six[] = {
        {IPPROTO_IPV6, IPV6_V6ONLY, 1, 1}, {IPPROTO_IPV6, IPV6_V6ONLY, 0, 0}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 12, 12},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 1}, {IPPROTO_TCP, TCP_NODELAY, 1, 1},
    };
    int s = socket(AF_INET, SOCK_STREAM, 0);
    test_kept(s, tcp, sizeof tcp / sizeof tcp[0]);
    CHECK_ERROR(set(s, IPPROTO_TCP, TCP_KEEPCNT, 0), EINVAL);
    CHECK_ERROR(set(s, IPPROTO_TCP, 9999, 0), ENOPROTOOPT);
    struct tcp_info info;
    socklen_t size = sizeof info;
    CHECK(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_CLOSE);
    close(s);
    s = socket(AF_INET6, SOCK_STREAM, 0);
    if (s >= 0) test_kept(s, six, sizeof six / sizeof six[0]);
    close(s);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    static const struct option udp[] = {{IPPROTO_IP, IP_PKTINFO, 1, 1}, {IPPROTO_IP, IP_MULTICAST_TTL, 5, 5}, {IPPROTO_IP, IP_MULTICAST_LOOP, 0, 0}};
    test_kept(s, udp, 3);
    CHECK_ERROR(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "nonesuch", 9), ENODEV);
    close(s);
}

int main(void) {
    test_general(AF_UNIX, SOCK_STREAM, 0);
    test_general(AF_UNIX, SOCK_DGRAM, 0);
    test_general(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    test_general(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    test_inet();
    puts("socket_options: ok");
    return 0;
}
