/* SPDX-License-Identifier: ISC */
/* unix(7), SOCK_STREAM: names, listeners and their backlog, both halves of shutdown, peeking, waiting for all, room for what is not
 * read yet, the errors of either end's going, poll and edge-triggered epoll. */
#include "tests/guest/check.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

static char big[400000];

static socklen_t name_of(struct sockaddr_un *name, const char *path) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    strcpy(name->sun_path, path);
    return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

/* "@name" without its zero. */
static socklen_t abstract_of(struct sockaddr_un *name, const char *text) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    const int n = snprintf(name->sun_path + 1, 100, "lockstep-%lu-%d-%s", number_of_test(), getpid(), text);
    return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

static int events(int fd, int wanted) {
    struct pollfd p = {fd, wanted, 0};
    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

static void test_path(void) {
    struct sockaddr_un name, got;
    socklen_t size = name_of(&name, "sock"), got_size = sizeof got;
    int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    struct stat st;
    CHECK_ERROR(listen(l, 1), EINVAL);
    CHECK_ERROR(connect(c, (void *)&name, size), ENOENT);
    umask(022);
    CHECK(bind(l, (void *)&name, size) == 0);
    CHECK(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0755);
    CHECK_ERROR(open("sock", O_RDWR), ENXIO);
    CHECK_ERROR(bind(c, (void *)&name, size), EADDRINUSE);
    name_of(&got, "sock2");
    CHECK_ERROR(bind(l, (void *)&got, size + 1), EINVAL);
    CHECK_ERROR(stat("sock2", &st), ENOENT);
    CHECK_ERROR(connect(c, (void *)&name, size), ECONNREFUSED);
    CHECK_ERROR(accept(l, NULL, NULL), EINVAL);
    CHECK(listen(l, 5) == 0 && events(l, POLLIN | POLLOUT) == 0);
    int d = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_ERROR(connect(d, (void *)&name, size), EPROTOTYPE);
    close(d);
    CHECK(getsockname(l, (void *)&got, &got_size) == 0 && got_size == size && strcmp(got.sun_path, "sock") == 0);
    CHECK_ERROR(getpeername(l, (void *)&got, &got_size), ENOTCONN);
    CHECK(connect(c, (void *)&name, size) == 0 && events(l, POLLIN) == POLLIN);
    CHECK_ERROR(connect(c, (void *)&name, size), EISCONN);
    CHECK(write(c, "early", 5) == 5);
    got_size = sizeof got;
    CHECK(getpeername(c, (void *)&got, &got_size) == 0 && got_size == size && strcmp(got.sun_path, "sock") == 0);
    got_size = sizeof got;
    CHECK(getsockname(c, (void *)&got, &got_size) == 0 && got_size == 2 && got.sun_family == AF_UNIX);
    got_size = sizeof got;
    int a = accept4(l, (void *)&got, &got_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    CHECK(a >= 0 && got_size == 2 && fcntl(a, F_GETFL) & O_NONBLOCK && fcntl(a, F_GETFD) == FD_CLOEXEC);
    char b[16];
    CHECK(read(a, b, 16) == 5 && memcmp(b, "early", 5) == 0);
    CHECK_ERROR(read(a, b, 16), EAGAIN);
    CHECK(unlink("sock") == 0);
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERROR(connect(other, (void *)&name, size), ENOENT);
    CHECK(bind(other, (void *)&name, size) == 0 && write(c, "x", 1) == 1 && read(a, b, 16) == 1);
    close(other);
    other = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERROR(connect(other, (void *)&name, size), ECONNREFUSED);
    CHECK(unlink("sock") == 0);
    CHECK(mkdir("dir", 0700) == 0 && symlink("dir/s", "link") == 0);
    size = name_of(&name, "link");
    CHECK_ERROR(bind(other, (void *)&name, size), EADDRINUSE);
    size = name_of(&name, "dir/s");
    CHECK(bind(other, (void *)&name, size) == 0 && listen(other, 0) == 0);
    size = name_of(&name, "link");
    int c2 = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(c2, (void *)&name, size) == 0);
    size = name_of(&name, "none/s");
    CHECK_ERROR(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size), ENOENT);
    size = name_of(&name, "dir");
    CHECK_ERROR(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size), ECONNREFUSED);
    name.sun_family = AF_INET;
    CHECK_ERROR(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size), EINVAL);
    CHECK_ERROR(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, 2), EINVAL);
    CHECK_ERROR(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, 200), EINVAL);
    for (int fd = 3; fd < 40; fd++) close(fd);
}

static void test_abstract(void) {
    struct sockaddr_un name, got;
    socklen_t size = abstract_of(&name, "a"), got_size = sizeof got;
    int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_ERROR(connect(c, (void *)&name, size), ECONNREFUSED);
    CHECK(bind(l, (void *)&name, size) == 0 && listen(l, 1) == 0);
    CHECK_ERROR(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size), EADDRINUSE);
    CHECK_ERROR(connect(c, (void *)&name, size - 1), ECONNREFUSED);
    CHECK(connect(c, (void *)&name, size) == 0);
    CHECK(getpeername(c, (void *)&got, &got_size) == 0 && got_size == size && memcmp(&got, &name, size) == 0);
    close(l);
    int l2 = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(l2, (void *)&name, size) == 0);
    got.sun_family = AF_UNIX;
    got_size = sizeof got;
    CHECK(bind(d, (void *)&got, 2) == 0 && getsockname(d, (void *)&got, &got_size) == 0 && got_size == 8 && got.sun_path[0] == 0);
    for (int i = 1; i < 6; i++) CHECK(strchr("0123456789abcdef", got.sun_path[i]));
    for (int fd = 3; fd < 40; fd++) close(fd);
}

static void *connect_later(void *arg) {
    struct sockaddr_un name = *(struct sockaddr_un *)arg;
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&name, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name.sun_path + 1)) == 0);
    CHECK(write(c, "z", 1) == 1);
    close(c);
    return NULL;
}

static void test_backlog(void) {
    struct sockaddr_un name;
    socklen_t size = abstract_of(&name, "b");
    int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), n = 0, c;
    CHECK(bind(l, (void *)&name, size) == 0 && listen(l, 2) == 0);
    CHECK_ERROR(accept(l, NULL, NULL), EAGAIN);
    for (;;) {
        c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(c, (void *)&name, size)) break;
        n++;
    }
    CHECK(errno == EAGAIN && n == 3);
    struct timeval limit = {0, 50000};
    CHECK(fcntl(c, F_SETFL, 0) == 0 && setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    CHECK_ERROR(connect(c, (void *)&name, size), EAGAIN);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, connect_later, &name) == 0);
    CHECK(fcntl(l, F_SETFL, 0) == 0);
    for (int i = 0; i < 4; i++) CHECK((c = accept(l, NULL, NULL)) >= 0);
    char b;
    CHECK(read(c, &b, 1) == 1 && b == 'z' && read(c, &b, 1) == 0);
    pthread_join(thread, NULL);
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(c, (void *)&name, size) == 0);
    close(l);
    CHECK_ERROR(read(c, &b, 1), ECONNRESET);
    CHECK(read(c, &b, 1) == 0);
    for (int fd = 3; fd < 40; fd++) close(fd);
}

static void test_pair(void) {
    int s[2], n;
    char b[32];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(events(s[0], POLLIN | POLLOUT | POLLRDHUP) == POLLOUT);
    CHECK(send(s[0], "abcdef", 6, 0) == 6 && send(s[0], "ghi", 3, 0) == 3);
    CHECK(ioctl(s[1], FIONREAD, &n) == 0 && n == 9);
    CHECK(ioctl(s[0], TIOCOUTQ, &n) == 0 && n > 0);
    CHECK(recv(s[1], b, 4, MSG_PEEK) == 4 && recv(s[1], b, 32, MSG_PEEK) == 9 && memcmp(b, "abcdefghi", 9) == 0);
    CHECK(recv(s[1], b, 7, 0) == 7 && memcmp(b, "abcdefg", 7) == 0 && ioctl(s[1], FIONREAD, &n) == 0 && n == 2);
    CHECK(recv(s[1], b, 32, MSG_WAITALL | MSG_DONTWAIT) == 2);
    CHECK(ioctl(s[0], TIOCOUTQ, &n) == 0 && n == 0);
    CHECK_ERROR(recv(s[1], b, 1, MSG_DONTWAIT), EAGAIN);
    CHECK_ERROR(sendto(s[0], "x", 1, 0, (void *)&(struct sockaddr_un){AF_UNIX, "x"}, 4), EISCONN);
    CHECK(fcntl(s[1], F_SETFL, O_NONBLOCK) == 0);
    CHECK_ERROR(read(s[1], NULL, 1), EAGAIN);
    CHECK(write(s[0], "q", 1) == 1);
    CHECK_ERROR(read(s[1], NULL, 1), EFAULT);
    CHECK(read(s[1], b, 0) == 0 && read(s[1], b, 2) == 1);
    struct iovec out[3] = {{"one", 3}, {"", 0}, {"two", 3}}, in[2] = {{b, 2}, {b + 10, 10}};
    CHECK(writev(s[0], out, 3) == 6 && readv(s[1], in, 2) == 6 && memcmp(b, "on", 2) == 0 && memcmp(b + 10, "etwo", 4) == 0);
    int file = open("data", O_RDWR | O_CREAT, 0600);
    CHECK(write(file, "contents", 8) == 8 && lseek(file, 0, SEEK_SET) == 0);
    CHECK(sendfile(s[0], file, NULL, 100) == 8 && read(s[1], b, 32) == 8 && memcmp(b, "contents", 8) == 0);
    CHECK_ERROR(lseek(s[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERROR(pread(s[0], b, 1, 0), ESPIPE);
    struct stat st;
    CHECK(fstat(s[0], &st) == 0 && S_ISSOCK(st.st_mode));
    for (int fd = 3; fd < 10; fd++) close(fd);
}

static int n_pipe;
static void on_pipe(int sig) {
    n_pipe++;
}

static void test_shutdown(void) {
    int s[2];
    char b[8];
    signal(SIGPIPE, on_pipe);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK_ERROR(shutdown(s[0], 3), EINVAL);
    CHECK(write(s[0], "last", 4) == 4 && shutdown(s[0], SHUT_WR) == 0);
    CHECK_ERROR(write(s[0], "x", 1), EPIPE);
    CHECK(n_pipe == 1);
    CHECK_ERROR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK(n_pipe == 1);
    CHECK(events(s[1], POLLIN | POLLOUT | POLLRDHUP) == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(read(s[1], b, 8) == 4 && read(s[1], b, 8) == 0);
    CHECK(write(s[1], "back", 4) == 4 && read(s[0], b, 8) == 4);
    CHECK(shutdown(s[0], SHUT_RD) == 0 && read(s[0], b, 8) == 0);
    CHECK_ERROR(write(s[1], "x", 1), EPIPE);
    CHECK(events(s[0], POLLIN | POLLRDHUP) == (POLLIN | POLLHUP | POLLRDHUP) && n_pipe == 2);
    close(s[0]);
    close(s[1]);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK(write(s[1], "unread", 6) == 6 && write(s[0], "kept", 4) == 4);
    close(s[1]);
    CHECK(events(s[0], POLLIN | POLLOUT) == (POLLERR | POLLHUP | POLLIN | POLLOUT));
    CHECK_ERROR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK(read(s[0], b, 8) == 6);
    CHECK_ERROR(read(s[0], b, 8), ECONNRESET);
    CHECK(read(s[0], b, 8) == 0);
    close(s[0]);
    int lone = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERROR(read(lone, b, 1), EINVAL);
    CHECK_ERROR(write(lone, b, 1), ENOTCONN);
    CHECK(events(lone, POLLIN | POLLOUT) == (POLLOUT | POLLHUP));
    close(lone);
}

static void *read_all(void *arg) {
    int fd = *(int *)arg;
    size_t n = 0;
    ssize_t r;
    static char buffer[7001];
    while ((r = read(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < r; i++) CHECK(buffer[i] == (char)((n + i) * 31 >> 3));
        n += (size_t)r;
    }
    CHECK(r == 0);
    return (void *)n;
}

static void test_room(void) {
    int s[2], one = 1;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0);
    ssize_t n = write(s[0], big, sizeof big), small = 0;
    CHECK(n > 50000 && n < (ssize_t)sizeof big);
    CHECK_ERROR(write(s[0], big, 1), EAGAIN);
    CHECK(events(s[0], POLLOUT) == 0);
    while (recv(s[1], big, sizeof big, 0) > 0) continue;
    CHECK(events(s[0], POLLOUT) == POLLOUT);
    int room = 4000;
    socklen_t size = sizeof room;
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &room, &size) == 0 && room == 8000);
    while (write(s[0], big, 1) == 1) small++;
    CHECK(errno == EAGAIN && small > 3 && small < 40);
    close(s[0]);
    close(s[1]);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 31 >> 3);
    pthread_t thread;
    void *total;
    CHECK(pthread_create(&thread, NULL, read_all, &s[1]) == 0);
    CHECK(write(s[0], big, sizeof big) == sizeof big && shutdown(s[0], SHUT_WR) == 0);
    pthread_join(thread, &total);
    CHECK((size_t)total == sizeof big);
    struct timeval limit = {0, 30000};
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK_ERROR(read(s[0], big, 1), EAGAIN);
    CHECK(setsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);
    close(s[0]);
    close(s[1]);
}

static void *send_in_parts(void *arg) {
    int fd = *(int *)arg;
    for (int i = 0; i < 5; i++) {
        usleep(2000);
        CHECK(write(fd, "part", 4) == 4);
    }
    return NULL;
}

static void on_alarm(int sig) {
}

static void test_wait(void) {
    int s[2];
    char b[32];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, send_in_parts, &s[0]) == 0);
    CHECK(recv(s[1], b, 20, MSG_WAITALL) == 20);
    pthread_join(thread, NULL);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval soon = {{0, 0}, {0, 30000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_ERROR(read(s[1], b, 1), EINTR);
    CHECK(write(s[0], "abc", 3) == 3);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK(recv(s[1], b, 8, MSG_WAITALL) == 3);
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK(pthread_create(&thread, NULL, send_in_parts, &s[0]) == 0);
    usleep(60000);
    CHECK(recv(s[1], b, 20, MSG_WAITALL) == 20);
    pthread_join(thread, NULL);
    close(s[0]);
    close(s[1]);
}

static void test_epoll(void) {
    int s[2], e = epoll_create1(0);
    char b[8];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET}, got;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && epoll_ctl(e, EPOLL_CTL_ADD, s[0], &event) == 0);
    CHECK(epoll_wait(e, &got, 1, 0) == 1 && got.events == EPOLLOUT && epoll_wait(e, &got, 1, 0) == 0);
    CHECK(write(s[1], "ab", 2) == 2 && epoll_wait(e, &got, 1, 1000) == 1 && got.events == (EPOLLIN | EPOLLOUT));
    CHECK(epoll_wait(e, &got, 1, 0) == 0 && write(s[1], "c", 1) == 1 && epoll_wait(e, &got, 1, 0) == 1);
    CHECK(read(s[0], b, 8) == 3);
    close(s[1]);
    CHECK(epoll_wait(e, &got, 1, 0) == 1 && got.events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP));
    close(s[0]);
    CHECK(epoll_wait(e, &got, 1, 0) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    event.events = EPOLLIN | EPOLLONESHOT;
    CHECK(epoll_ctl(e, EPOLL_CTL_ADD, s[0], &event) == 0 && write(s[1], "ab", 2) == 2);
    CHECK(epoll_wait(e, &got, 1, 0) == 1 && epoll_wait(e, &got, 1, 0) == 0);
    CHECK(epoll_ctl(e, EPOLL_CTL_MOD, s[0], &event) == 0 && epoll_wait(e, &got, 1, 0) == 1);
    close(s[0]);
    close(s[1]);
    close(e);
}

int main(void) {
    test_path();
    test_abstract();
    test_backlog();
    test_pair();
    test_shutdown();
    test_room();
    test_wait();
    test_epoll();
    CHECK_ERROR(socket(AF_UNIX, SOCK_STREAM, 6), EPROTONOSUPPORT);
    CHECK_ERROR(socket(AF_UNIX, 4, 0), ESOCKTNOSUPPORT);
    CHECK_ERROR(socket(AF_UNIX, 13, 0), EINVAL);
    CHECK_ERROR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
    puts("unix_stream: ok");
    return 0;
}
