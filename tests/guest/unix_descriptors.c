/* SPDX-License-Identifier: ISC */
/* unix(7), SCM_RIGHTS: every kind of descriptor travels; it shares the description; room in the receiver's control buffer and table;
 * messages that nobody reads and cycles of sockets in their own queues let go of what they hold. */
#include "tests/guest/check.h"
#include <dirent.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

enum { MOST = 260 };

union control {
    char bytes[CMSG_SPACE(sizeof(int) * MOST)];
    struct cmsghdr align;
};

static ssize_t send_fds(int s, const int *fds, int n, const char *text) {
    union control control;
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n)};
    memset(&control, 0, sizeof control);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
    memcpy(CMSG_DATA(part), fds, sizeof(int) * (size_t)n);
    return syscall(SYS_sendmsg, s, &message, 0); /* musl's own takes less control */
}

/* Receives with room bytes of control. Returns the number of descriptors; *flags: the message's. */
static int receive_fds(int s, int *fds, size_t room, int flags_in, int *flags, ssize_t *size) {
    union control control;
    static char text[4000];
    struct iovec iov = {text, sizeof text};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room ? control.bytes : NULL, .msg_controllen = room};
    *size = recvmsg(s, &message, flags_in);
    *flags = message.msg_flags;
    if (*size < 0) return -1;
    struct cmsghdr *part = room ? CMSG_FIRSTHDR(&message) : NULL;
    if (!part) return 0;
    CHECK(part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS);
    const int n = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(fds, CMSG_DATA(part), sizeof(int) * (size_t)n);
    return n;
}

static int count_fds(void) {
    int n = 0;
    for (int fd = 0; fd < 600; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_kinds(void) {
    int s[2], p[2], u[2], fds[8], got[MOST], flags;
    ssize_t size;
    char b[8];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pipe(p) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, u) == 0);
    int file = open("shared", O_RDWR | O_CREAT, 0600), event = eventfd(5, 0), epoll = epoll_create1(0);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), place = open(".", O_PATH);
    const int all[] = {p[0], file, event, epoll, timer, u[1], s[0], place};
    memcpy(fds, all, sizeof all);
    pid_t child = fork();
    if (child == 0) {
        CHECK(write(file, "abcdef", 6) == 6 && lseek(file, 2, SEEK_SET) == 2);
        CHECK(send_fds(s[0], fds, 8, "take these") == 10 && write(p[1], "piped", 5) == 5 && send(u[0], "dgram", 5, 0) == 5);
        _exit(0);
    }
    wait_ok(child);
    close(p[0]);
    close(event);
    close(u[1]);
    CHECK(receive_fds(s[1], got, CMSG_SPACE(sizeof(int) * 8), MSG_CMSG_CLOEXEC, &flags, &size) == 8 && size == 10);
    CHECK((flags & ~MSG_CMSG_CLOEXEC) == 0 && fcntl(got[0], F_GETFD) == FD_CLOEXEC);
    CHECK(read(got[0], b, 8) == 5 && lseek(got[1], 0, SEEK_CUR) == 2 && read(got[1], b, 8) == 4);
    uint64_t value;
    CHECK(read(got[2], &value, 8) == 8 && value == 5 && recv(got[5], b, 8, 0) == 5);
    struct epoll_event e = {.events = EPOLLIN};
    CHECK(epoll_ctl(got[3], EPOLL_CTL_ADD, got[4], &e) == 0 && fchdir(got[7]) == 0 && write(got[6], "!", 1) == 1);
    CHECK(read(s[1], b, 8) == 1);
    for (int fd = 3; fd < 60; fd++) close(fd);
}

static void test_errors(void) {
    int s[2], fds[MOST], got[MOST], flags;
    ssize_t size;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    for (int i = 0; i < MOST; i++) fds[i] = s[0];
    CHECK_ERROR(send_fds(s[0], fds, 254, "x"), EINVAL);
    CHECK(send_fds(s[0], fds, 253, "x") == 1);
    CHECK(receive_fds(s[1], got, sizeof(union control), 0, &flags, &size) == 253 && flags == 0);
    for (int i = 0; i < 253; i++) close(got[i]);
    fds[1] = 500;
    CHECK_ERROR(send_fds(s[0], fds, 2, "x"), EBADF);
    int base = count_fds();
    fds[1] = s[1];
    CHECK(send_fds(s[0], fds, 2, "x") == 1);
    CHECK(receive_fds(s[1], got, CMSG_LEN(sizeof(int)), 0, &flags, &size) == 1 && flags == MSG_CTRUNC && count_fds() == base + 1);
    close(got[0]);
    CHECK(send_fds(s[0], fds, 2, "x") == 1 && receive_fds(s[1], got, 0, 0, &flags, &size) == 0 && flags == MSG_CTRUNC);
    CHECK(send_fds(s[0], fds, 2, "x") == 1 && read(s[1], got, 1) == 1 && count_fds() == base);
    const int next = dup(0);
    struct rlimit old, few = {(rlim_t)next + 1, 0};
    close(next);
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    few.rlim_max = old.rlim_max;
    CHECK(send_fds(s[0], fds, 2, "x") == 1 && setrlimit(RLIMIT_NOFILE, &few) == 0);
    CHECK(receive_fds(s[1], got, CMSG_SPACE(sizeof(int) * 2), 0, &flags, &size) == 1 && flags == MSG_CTRUNC && got[0] == next);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    close(got[0]);
    CHECK(send_fds(s[0], fds, 2, "") == 0);
    CHECK_ERROR(recv(s[1], got, 1, MSG_DONTWAIT), EAGAIN);
    close(s[0]);
    close(s[1]);
}

/* A read ends at a message with descriptors, and looking gives new ones each time. */
static void test_bounds(void) {
    int s[2], fds[1], got[MOST], flags;
    char b[16];
    ssize_t size;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    fds[0] = s[0];
    CHECK(write(s[0], "ab", 2) == 2 && send_fds(s[0], fds, 1, "cd") == 2 && write(s[0], "ef", 2) == 2);
    CHECK(receive_fds(s[1], got, 64, MSG_PEEK, &flags, &size) == 1 && size == 4);
    close(got[0]);
    CHECK(receive_fds(s[1], got, 64, 0, &flags, &size) == 1 && size == 4);
    close(got[0]);
    CHECK(read(s[1], b, 16) == 2);
    CHECK(write(s[0], "1", 1) == 1 && send_fds(s[0], fds, 1, "23") == 2 && send_fds(s[0], fds, 1, "45") == 2);
    CHECK(receive_fds(s[1], got, 64, 0, &flags, &size) == 1 && size == 3);
    close(got[0]);
    CHECK(recv(s[1], b, 1, 0) == 1 && recv(s[1], b, 16, 0) == 1 && b[0] == '5');
    close(s[0]);
    close(s[1]);
}

static int is_closed(int reader) {
    struct pollfd p = {reader, POLLIN, 0};
    CHECK(poll(&p, 1, 5000) == 1);
    return p.revents == POLLHUP;
}

static void test_let_go(void) {
    int s[2], p[2], q[2], fds[2], chain[20][2];
    CHECK(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(send_fds(s[0], &p[1], 1, "x") == 1);
    close(p[1]);
    close(s[0]);
    struct pollfd look = {p[0], POLLIN, 0};
    CHECK(poll(&look, 1, 0) == 0);
    close(s[1]);
    CHECK(is_closed(p[0]));
    close(p[0]);
    /* Two sockets, each in the other's queue, and a pipe in one of them. */
    CHECK(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
    fds[0] = s[0];
    fds[1] = p[1];
    CHECK(send_fds(s[1], fds, 2, "x") == 1 && send_fds(s[0], &s[1], 1, "y") == 1);
    close(p[1]);
    close(s[0]);
    CHECK(poll(&look, 1, 0) == 0);
    close(s[1]);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, q) == 0);
    close(q[0]);
    close(q[1]);
    CHECK(is_closed(p[0]));
    close(p[0]);
    /* Each pair in the queue of the next; the last one still open holds them all. */
    CHECK(pipe(p) == 0);
    int carried = p[1];
    for (int i = 0; i < 20; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, chain[i]) == 0);
        if (i % 4 == 0) {
            CHECK(send_fds(chain[i][0], &carried, 1, "x") == 1);
            close(carried);
        } else {
            CHECK(send_fds(chain[i][0], &chain[i - 1][1], 1, "x") == 1);
            close(chain[i - 1][1]);
        }
        carried = dup(chain[i][1]);
        close(chain[i][0]);
        if (i % 4 != 3) close(carried);
        if (i % 4 == 3) close(chain[i][1]);
    }
    CHECK(poll(&look, 1, 0) == 0);
    close(carried);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, q) == 0);
    close(q[0]);
    close(q[1]);
    CHECK(is_closed(p[0]));
    close(p[0]);
}

/* A connection that was never accepted, with a descriptor in it. */
static void test_embryo(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "embryo"};
    int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), p[2];
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 1) == 0 && connect(c, (void *)&name, sizeof name) == 0);
    CHECK(pipe(p) == 0 && send_fds(c, &p[1], 1, "x") == 1 && send_fds(c, &l, 1, "x") == 1);
    close(p[1]);
    close(l);
    close(c);
    close(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK(is_closed(p[0]) && unlink("embryo") == 0);
    close(p[0]);
}

int main(void) {
    for (int fd = 3; fd < 600; fd++) close(fd);
    const int before = count_fds();
    test_kinds();
    test_errors();
    test_bounds();
    test_let_go();
    test_embryo();
    CHECK(count_fds() == before);
    puts("unix_descriptors: ok");
    return 0;
}
