/* SPDX-License-Identifier: ISC */
/* Two programs that meet over unix sockets: "meet serve NAME" prints "ready" and answers until told to stop, "meet ask NAME"
 * asks. The sockets are NAME.s (stream), NAME.d (datagrams) and the abstract stream NAME. Used by unix_sockets.sh. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUIRE(condition) do { if (!(condition)) { fprintf(stderr, "meet: line %d: %s\n", __LINE__, #condition); perror("errno"); exit(1); } } while (0)

struct address {
    struct sockaddr_un un;
    socklen_t size;
};

static struct address address_of(const char *name, const char *suffix) {
    struct address a = {.un.sun_family = AF_UNIX};
    const int abstract = !*suffix;
    const int n = snprintf(a.un.sun_path + abstract, sizeof a.un.sun_path - 1, "%s%s", name, suffix);
    a.size = (socklen_t)offsetof(struct sockaddr_un, sun_path) + (socklen_t)n + 1;
    return a;
}

static int bound(const char *name, const char *suffix, int type) {
    const struct address a = address_of(name, suffix);
    const int s = socket(AF_UNIX, type, 0);
    if (*suffix) unlink(a.un.sun_path);
    REQUIRE(s >= 0 && bind(s, (const struct sockaddr *)&a.un, a.size) == 0);
    REQUIRE(type == SOCK_DGRAM || listen(s, 5) == 0);
    return s;
}

static int connected(const char *name, const char *suffix) {
    const struct address a = address_of(name, suffix);
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(s >= 0 && connect(s, (const struct sockaddr *)&a.un, a.size) == 0);
    return s;
}

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

/* Sends text, and fd with it unless it is -1. */
static void say(int s, const char *text, int fd) {
    union control control = {{0}};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text) + 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    }
    REQUIRE(sendmsg(s, &message, 0) == (ssize_t)iov.iov_len);
}

/* Returns the descriptor that came with the text, or -1. */
static int hear(int s, char text[64]) {
    union control control;
    struct iovec iov = {text, 64};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int fd = -1;
    REQUIRE(recvmsg(s, &message, 0) > 0);
    const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part) memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
}

/* One connection, one question. False: the last one. */
static int answer_stream(int listener) {
    char text[64];
    const int s = accept(listener, NULL, NULL);
    REQUIRE(s >= 0);
    const int fd = hear(s, text);
    if (fd >= 0) REQUIRE(write(fd, "by hand\n", 8) == 8 && close(fd) == 0);
    say(s, "heard", -1);
    close(s);
    return strcmp(text, "bye") != 0;
}

static void answer_datagram(int s) {
    struct address from = {.size = sizeof from.un};
    char text[64];
    const ssize_t n = recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from.un, &from.size);
    REQUIRE(n > 0);
    if (from.size > sizeof(sa_family_t)) REQUIRE(sendto(s, text, (size_t)n, 0, (const struct sockaddr *)&from.un, from.size) == n);
}

/* Through an epoll until "bye", and by blocking calls once more. */
static int serve(const char *name) {
    const int sockets[3] = {bound(name, ".s", SOCK_STREAM), bound(name, ".d", SOCK_DGRAM), bound(name, "", SOCK_STREAM)};
    const int set = epoll_create1(0);
    for (int i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN | (i == 2 ? EPOLLET : 0), .data.fd = sockets[i]};
        REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, sockets[i], &event) == 0);
    }
    printf("ready\n");
    fflush(stdout);
    for (int more = 1; more;) {
        struct epoll_event event;
        REQUIRE(epoll_wait(set, &event, 1, -1) == 1);
        if (event.data.fd == sockets[1]) answer_datagram(sockets[1]);
        else more = answer_stream(event.data.fd);
    }
    answer_datagram(sockets[1]);
    answer_stream(sockets[0]);
    return 0;
}

static void ask_stream(const char *name, const char *suffix, const char *text, int fd) {
    char heard[64];
    const int s = connected(name, suffix);
    say(s, text, fd);
    hear(s, heard);
    printf("%s: %s\n", text, heard);
    close(s);
}

/* With --rootfs the names of datagram sockets differ between those who meet: no answer is expected then. */
static void ask_datagram(const char *name, const char *text, int answered) {
    const struct address a = address_of(name, ".d");
    char heard[64] = "unanswered";
    const int s = bound(name, ".c", SOCK_DGRAM);
    REQUIRE(sendto(s, text, strlen(text) + 1, 0, (const struct sockaddr *)&a.un, a.size) > 0);
    if (answered) REQUIRE(recv(s, heard, sizeof heard, 0) > 0);
    printf("%s: %s\n", text, heard);
    close(s);
}

static void ask_unbound(const char *name) {
    const struct address a = address_of(name, ".d");
    const int s = socket(AF_UNIX, SOCK_DGRAM, 0);
    REQUIRE(connect(s, (const struct sockaddr *)&a.un, a.size) == 0 && send(s, "x", 1, 0) == 1);
    close(s);
}

static int ask(const char *name, int answered) {
    char text[64];
    struct stat stat;
    FILE *file = tmpfile();
    REQUIRE(file);
    ask_stream(name, ".s", "stream", -1);
    ask_stream(name, ".s", "file", fileno(file));
    rewind(file);
    REQUIRE(fgets(text, sizeof text, file));
    printf("%s", text);
    ask_stream(name, "", "abstract", -1);
    ask_stream(name, "", "abstract again", -1);
    if (answered) ask_datagram(name, "datagram", 1);
    else ask_unbound(name);
    ask_stream(name, ".s", "bye", -1);
    ask_unbound(name);
    ask_stream(name, ".s", "the end", -1);
    REQUIRE(lstat(address_of(name, ".s").un.sun_path, &stat) == 0);
    printf("mode %o\n", (unsigned)stat.st_mode);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "serve")) return serve(argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "ask")) return ask(argv[2], argc == 3);
    return 2;
}
