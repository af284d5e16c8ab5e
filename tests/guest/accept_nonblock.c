/* SPDX-License-Identifier: ISC */
/* accept(2): on Linux a new socket does not inherit O_NONBLOCK from its listener, accept4 gives it when asked, and the listener keeps its
 * own whoever shares it: an accept without a connection is EAGAIN, not a wait. */
#include "tests/guest/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static int flags(int fd) {
    return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

static int connect_to(int listener) {
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    CHECK(getsockname(listener, (struct sockaddr *)&address, &n) == 0);
    const int fd = socket(address.ss_family, SOCK_STREAM, 0);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, n) == 0);
    return fd;
}

static void wait_readable(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    CHECK(poll(&p, 1, 10000) == 1 && p.revents == POLLIN);
}

static void one_connection(int listener, int how) {
    const int client = connect_to(listener);
    char c;
    wait_readable(listener);
    const int server = how < 0 ? accept(listener, NULL, NULL) : accept4(listener, NULL, NULL, how);
    CHECK(server >= 0);
    CHECK(flags(server) == (how > 0 ? how & SOCK_NONBLOCK : 0));
    CHECK((fcntl(server, F_GETFD) == FD_CLOEXEC) == (how > 0 && (how & SOCK_CLOEXEC)));
    if (how > 0 && (how & SOCK_NONBLOCK)) CHECK_ERROR(read(server, &c, 1), EAGAIN);
    CHECK(flags(listener) == O_NONBLOCK && flags(client) == 0);
    CHECK(write(client, "x", 1) == 1);
    wait_readable(server);
    CHECK(read(server, &c, 1) == 1 && c == 'x');
    close(client);
    close(server);
}

static void listener_keeps_it(int listener) {
    CHECK_ERROR(accept(listener, NULL, NULL), EAGAIN);
    const int copy = dup(listener);
    CHECK(flags(copy) == O_NONBLOCK);
    const pid_t pid = fork();
    if (pid == 0) _exit(!(flags(listener) && accept(copy, NULL, NULL) == -1 && errno == EAGAIN));
    wait_ok(pid);
    int on = 0;
    CHECK(ioctl(copy, FIONBIO, &on) == 0 && flags(listener) == 0);
    on = 1;
    CHECK(ioctl(listener, FIONBIO, &on) == 0 && flags(copy) == O_NONBLOCK);
    close(copy);
}

/* As servers do: wait, accept until there is nothing more. */
static void accept_all(int listener) {
    const int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int clients[5], n = 0;
    CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0);
    for (int i = 0; i < 5; i++) clients[i] = connect_to(listener);
    while (n < 5) {
        CHECK(epoll_wait(epoll, &event, 1, 10000) == 1);
        for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; n++) close(fd);
        CHECK(errno == EAGAIN);
    }
    for (int i = 0; i < 5; i++) close(clients[i]);
    close(epoll);
}

static void all_ways(int listener) {
    CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0 && listen(listener, 16) == 0);
    listener_keeps_it(listener);
    one_connection(listener, -1);
    one_connection(listener, 0);
    one_connection(listener, SOCK_NONBLOCK);
    one_connection(listener, SOCK_NONBLOCK | SOCK_CLOEXEC);
    accept_all(listener);
    listener_keeps_it(listener);
    close(listener);
}

int main(void) {
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_un local = {AF_UNIX, "accept.sock"};
    const int inet = socket(AF_INET, SOCK_STREAM, 0), named = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(inet, (const struct sockaddr *)&any, sizeof any) == 0);
    CHECK(bind(named, (const struct sockaddr *)&local, sizeof local) == 0);
    all_ways(inet);
    all_ways(named);
    CHECK(unlink("accept.sock") == 0);
    puts("accept ok");
    return 0;
}
