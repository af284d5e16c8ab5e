/* SPDX-License-Identifier: ISC */
/* unix(7), SOCK_SEQPACKET: connections whose messages keep their bounds; the end of a connection; room by bytes. */
#include "tests/guest/check.h"
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int events(int fd, int wanted) {
    struct pollfd p = {fd, wanted, 0};
    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

int main(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "packets"};
    int l = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0);
    static char b[70000];
    signal(SIGPIPE, SIG_DFL);
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 3) == 0);
    CHECK_ERROR(connect(stream, (void *)&name, sizeof name), EPROTOTYPE);
    CHECK_ERROR(send(c, "x", 1, 0), ENOTCONN);
    CHECK_ERROR(recv(c, b, 1, 0), ENOTCONN);
    CHECK(events(c, POLLIN | POLLOUT) == (POLLOUT | POLLHUP));
    CHECK(connect(c, (void *)&name, sizeof name) == 0 && send(c, "early", 5, 0) == 5);
    int a = accept(l, NULL, NULL);
    CHECK(a >= 0 && events(a, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    CHECK(send(c, "second", 6, MSG_EOR) == 6 && recv(a, b, 3, MSG_PEEK | MSG_TRUNC) == 5);
    CHECK(recv(a, b, 100, 0) == 5 && recv(a, b, 2, 0) == 2);
    CHECK_ERROR(recv(a, b, 100, MSG_DONTWAIT), EAGAIN);
    CHECK(send(a, "", 0, 0) == 0 && recv(c, b, 10, 0) == 0);
    CHECK(write(a, "w", 1) == 1 && read(c, b, 10) == 1);
    int n = 0;
    while (send(a, b, 5000, MSG_DONTWAIT) == 5000) n++;
    CHECK(errno == EAGAIN && n > 15 && n < 60 && events(a, POLLOUT) == 0);
    for (int i = 0; i < n; i++) CHECK(recv(c, b, sizeof b, 0) == 5000);
    CHECK(events(a, POLLOUT) == POLLOUT);
    CHECK(sendto(a, "addressed", 9, 0, (void *)&name, sizeof name) == 9 && recv(c, b, 20, 0) == 9);
    CHECK(send(a, "last", 4, 0) == 4 && shutdown(a, SHUT_WR) == 0);
    CHECK_ERROR(send(a, "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK(recv(c, b, 20, 0) == 4 && recv(c, b, 20, 0) == 0 && recv(c, b, 20, MSG_DONTWAIT) == 0);
    CHECK(events(c, POLLIN | POLLRDHUP) == (POLLIN | POLLRDHUP));
    close(a);
    CHECK(events(c, POLLIN) == (POLLIN | POLLHUP));
    CHECK_ERROR(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
    close(c);
    c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    CHECK(connect(c, (void *)&name, sizeof name) == 0);
    close(l);
    CHECK_ERROR(recv(c, b, 1, 0), ECONNRESET);
    CHECK(unlink("packets") == 0);
    puts("unix_seqpacket: ok");
    return 0;
}
