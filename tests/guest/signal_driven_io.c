// long: tcp
/* SPDX-License-Identifier: ISC */
/* O_ASYNC: the owner of a pipe, a unix or TCP socket, a terminal gets SIGIO, or F_SETSIG's signal that says which descriptor and why. fcntl(2).
 * TCP, which is the host's and not told of in deterministic runs, only with an argument. */
#include "pty.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

static sigset_t set;

static void make_async(int fd, int signo) {
    CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
    CHECK(fcntl(fd, F_SETSIG, signo) == 0);
    CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC | O_NONBLOCK) == 0);
    CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
}

/* Waits for the signal with this cause; room to write may be told of at any time. */
static void expect_cause(int signo, int fd, int code) {
    siginfo_t info;
    do CHECK(sigwaitinfo(&set, &info) == signo && info.si_fd == fd);
    while (info.si_code == POLL_OUT && code != POLL_OUT);
    CHECK(info.si_code == code);
    if (code == POLL_IN) CHECK(info.si_band == (POLLIN | POLLRDNORM));
}

static int take_any(void) {
    const struct timespec none = {0, 0};
    return sigtimedwait(&set, NULL, &none);
}

static void read_all(int fd) {
    char buf[256];
    while (read(fd, buf, sizeof buf) > 0) continue;
}

static void pipes(void) {
    int p[2];
    CHECK(pipe(p) == 0);
    make_async(p[0], SIGRTMIN + 3);
    CHECK(take_any() == -1);
    for (int i = 0; i < 3; i++) {
        CHECK(write(p[1], "x", 1) == 1);
        expect_cause(SIGRTMIN + 3, p[0], POLL_IN);
        read_all(p[0]);
    }
    /* SIGIO without F_SETSIG. */
    CHECK(fcntl(p[0], F_SETSIG, 0) == 0 && write(p[1], "x", 1) == 1);
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGIO && info.si_code == SI_KERNEL);
    read_all(p[0]);
    /* No longer asked for. */
    CHECK(fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 && write(p[1], "x", 1) == 1);
    const struct timespec some = {0, 20000000};
    CHECK_ERROR(sigtimedwait(&set, NULL, &some), EAGAIN);
    close(p[0]);
    close(p[1]);
}

static void unix_sockets(void) {
    int s[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    make_async(s[0], SIGRTMIN + 4);
    CHECK(write(s[1], "ab", 2) == 2);
    expect_cause(SIGRTMIN + 4, s[0], POLL_IN);
    CHECK(write(s[1], "more", 4) == 4); /* though the first is still there */
    expect_cause(SIGRTMIN + 4, s[0], POLL_IN);
    close(s[1]);
    expect_cause(SIGRTMIN + 4, s[0], POLL_HUP);
    close(s[0]);
    while (take_any() > 0) continue;
}

static void tcp(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    const int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (void *)&name, size) == 0 && listen(listener, 5) == 0);
    CHECK(getsockname(listener, (void *)&name, &size) == 0);
    make_async(listener, SIGRTMIN + 5);
    CHECK(connect(client, (void *)&name, size) == 0);
    expect_cause(SIGRTMIN + 5, listener, POLL_IN);
    const int server = accept(listener, NULL, NULL);
    CHECK(server >= 0);
    make_async(server, SIGRTMIN + 6);
    for (int i = 0; i < 3; i++) {
        CHECK(write(client, "x", 1) == 1);
        expect_cause(SIGRTMIN + 6, server, POLL_IN);
    }
    close(listener);
    close(client);
    close(server);
    while (take_any() > 0) continue;
}

static void terminals(void) {
    struct pair p = open_pair();
    set_modes(p.slave, 0, 0, 0);
    make_async(p.slave, SIGRTMIN + 7);
    CHECK(write(p.master, "key", 3) == 3);
    expect_cause(SIGRTMIN + 7, p.slave, POLL_IN);
    close_pair(&p);
    while (take_any() > 0) continue;
}

static void *wait_for_own(void *arg) {
    int *p = arg;
    const struct f_owner_ex owner = {F_OWNER_TID, gettid()};
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGRTMIN + 8);
    CHECK(fcntl(p[0], F_SETOWN_EX, &owner) == 0 && fcntl(p[0], F_SETSIG, SIGRTMIN + 8) == 0);
    CHECK(fcntl(p[0], F_SETFL, O_ASYNC) == 0);
    CHECK(write(p[1], "x", 1) == 1);
    siginfo_t info;
    CHECK(sigwaitinfo(&own, &info) == SIGRTMIN + 8 && info.si_fd == p[0]);
    return NULL;
}

/* Descriptions go while somebody is told of them. */
static void *close_early(void *arg) {
    for (int i = 0; i < 200; i++) {
        int p[2];
        CHECK(pipe(p) == 0);
        make_async(p[0], SIGRTMIN + 9);
        CHECK(write(p[1], "x", 1) == 1);
        close(p[1]);
        close(p[0]);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[3];
    int p[2];
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pipes();
    unix_sockets();
    if (argc > 1) tcp();
    terminals();
    CHECK(pipe(p) == 0 && pthread_create(&threads[0], NULL, wait_for_own, p) == 0 && pthread_join(threads[0], NULL) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, close_early, NULL) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    int on = 1;
    const int file = open("plain", O_CREAT | O_RDWR, 0600);
    CHECK_ERROR(ioctl(file, FIOASYNC, &on), ENOTTY);
    unlink("plain");
    puts("signal-driven i/o ok");
    return 0;
}
