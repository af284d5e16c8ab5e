/* SPDX-License-Identifier: ISC */
/* unix(7), SO_PASSCRED, SCM_CREDENTIALS, SO_PEERCRED: who sent and who connected; what may be claimed; messages of different senders are
 * not read as one. */
#include "tests/guest/check.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int pass(int s, int on) {
    return setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

static ssize_t send_as(int s, pid_t pid, uid_t uid, gid_t gid) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {"c", 1};
    const struct ucred ids = {pid, uid, gid};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memset(&control, 0, sizeof control);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    *part = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof ids), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(part), &ids, sizeof ids);
    return sendmsg(s, &message, 0);
}

/* Receives; *ids: pid -1 when none came. */
static ssize_t receive_ids(int s, struct ucred *ids, size_t room, int *flags) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    char b[64];
    struct iovec iov = {b, sizeof b};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
    ids->pid = -1;
    const ssize_t n = recvmsg(s, &message, 0);
    *flags = message.msg_flags;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (n >= 0 && part && part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len == CMSG_LEN(sizeof *ids)) {
        memcpy(ids, CMSG_DATA(part), sizeof *ids);
    }
    return n;
}

static void test_messages(void) {
    int s[2], flags;
    struct ucred ids;
    const size_t room = CMSG_SPACE(sizeof ids);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pass(s[1], 1) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(write(s[0], "child", 5) == 5);
        _exit(0);
    }
    wait_ok(child);
    CHECK(write(s[0], "parent", 6) == 6 && write(s[0], "!", 1) == 1);
    CHECK(receive_ids(s[1], &ids, room, &flags) == 5 && ids.pid == child && ids.uid == getuid() && ids.gid == getgid() && flags == 0);
    CHECK(receive_ids(s[1], &ids, room, &flags) == 7 && ids.pid == getpid());
    CHECK(write(s[0], "a", 1) == 1 && receive_ids(s[1], &ids, 0, &flags) == 1 && ids.pid == -1 && flags == MSG_CTRUNC);
    CHECK(write(s[0], "a", 1) == 1 && receive_ids(s[1], &ids, CMSG_LEN(4), &flags) == 1 && ids.pid == -1 && flags == MSG_CTRUNC);
    CHECK(pass(s[1], 0) == 0 && write(s[0], "n", 1) == 1 && receive_ids(s[1], &ids, room, &flags) == 1 && ids.pid == -1);
    CHECK(send_as(s[0], getpid(), getuid(), getgid()) == 1 && pass(s[1], 1) == 0);
    CHECK(receive_ids(s[1], &ids, room, &flags) == 1 && ids.pid == getpid());
    if (geteuid() == 0) {
        CHECK(send_as(s[0], getpid(), 12345, 54321) == 1 && receive_ids(s[1], &ids, room, &flags) == 1 && ids.uid == 12345);
        CHECK_ERROR(send_as(s[0], 4000000, 0, 0), ESRCH);
    }
    child = fork();
    if (child == 0) {
        if (geteuid() == 0) CHECK(setgid(1000) == 0 && setuid(1000) == 0);
        CHECK_ERROR(send_as(s[0], getpid(), 0, getgid()), EPERM);
        CHECK_ERROR(send_as(s[0], getpid(), getuid(), 0), EPERM);
        CHECK_ERROR(send_as(s[0], getppid(), getuid(), getgid()), EPERM);
        CHECK(send_as(s[0], getpid(), getuid(), getgid()) == 1);
        _exit(0);
    }
    wait_ok(child);
    CHECK(receive_ids(s[1], &ids, room, &flags) == 1 && ids.pid == child);
    close(s[0]);
    close(s[1]);
}

static struct ucred peer_of(int s) {
    struct ucred ids;
    socklen_t size = sizeof ids;
    CHECK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &ids, &size) == 0 && size == sizeof ids);
    return ids;
}

static void test_peer(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "server"}, got;
    socklen_t size = sizeof got;
    int s[2], l = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0 && peer_of(s[0]).pid == getpid() && peer_of(s[1]).uid == geteuid());
    CHECK(peer_of(d).pid == 0 && peer_of(d).uid == (uid_t)-1);
    CHECK(bind(l, (void *)&name, sizeof name) == 0 && listen(l, 2) == 0 && pass(l, 1) == 0);
    pid_t child = fork();
    if (child == 0) {
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(pass(c, 1) == 0 && connect(c, (void *)&name, sizeof name) == 0 && peer_of(c).pid == getppid());
        CHECK(getsockname(c, (void *)&got, &size) == 0 && size == 8 && got.sun_path[0] == 0);
        CHECK(write(c, "x", 1) == 1 && read(c, &got, 1) == 1);
        _exit(0);
    }
    int a = accept(l, NULL, NULL), flags, on;
    size = sizeof on;
    struct ucred ids;
    CHECK(peer_of(a).pid == child && getsockopt(a, SOL_SOCKET, SO_PASSCRED, &on, &size) == 0 && on == 1);
    CHECK(receive_ids(a, &ids, CMSG_SPACE(sizeof ids), &flags) == 1 && ids.pid == child && write(a, "y", 1) == 1);
    wait_ok(child);
    CHECK(unlink("server") == 0);
}

int main(void) {
    test_messages();
    test_peer();
    puts("unix_credentials: ok");
    return 0;
}
