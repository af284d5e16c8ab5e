/* SPDX-License-Identifier: ISC */
/* What ends with either side of a pseudoterminal: EIO, POLLHUP, end of file, SIGHUP for the session. pty(7), tty_ioctl(4). */
#include "tests/guest/pty.h"

static void slave_closes(void) {
    struct pair p = open_pair();
    char buf[10];
    set_modes(p.slave, 0, 0, 0);
    send_text(p.slave, "last");
    struct pollfd in = {.fd = p.master, .events = POLLIN};
    CHECK(poll(&in, 1, 5000) == 1 && in.revents == POLLIN);
    close(p.slave);
    CHECK(poll(&in, 1, 5000) == 1 && in.revents == (POLLIN | POLLHUP));
    expect_text(p.master, "last");
    CHECK_ERROR(read(p.master, buf, sizeof buf), EIO);
    p.slave = open(p.name, O_RDWR | O_NOCTTY);
    CHECK(p.slave >= 0);
    fcntl(p.master, F_SETFL, O_NONBLOCK);
    CHECK_ERROR(read(p.master, buf, sizeof buf), EAGAIN);
    send_text(p.slave, "more");
    expect_text(p.master, "more");
    close_pair(&p);
}

static void fresh_master_waits(void) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    char c;
    CHECK(master >= 0);
    CHECK_ERROR(read(master, &c, 1), EAGAIN);
    struct pollfd in = {.fd = master, .events = POLLIN | POLLOUT};
    CHECK(poll(&in, 1, 5000) == 1 && in.revents == POLLOUT);
    close(master);
}

static void master_closes(void) {
    struct pair p = open_pair();
    struct termios t;
    char c;
    close(p.master);
    struct pollfd in = {.fd = p.slave, .events = POLLIN | POLLOUT};
    CHECK(poll(&in, 1, 5000) == 1 && in.revents == (POLLIN | POLLOUT | POLLERR | POLLHUP));
    CHECK(read(p.slave, &c, 1) == 0);
    CHECK_ERROR(write(p.slave, "x", 1), EIO);
    CHECK_ERROR(tcgetattr(p.slave, &t), EIO);
    close(p.slave);
}

static void reader_wakes(void) {
    struct pair p = open_pair();
    const pid_t child = fork();
    if (child == 0) {
        char c;
        close(p.master);
        const ssize_t n = read(p.slave, &c, 1);
        CHECK(n == 0 || (n == -1 && errno == EIO));
        exit(0);
    }
    close(p.slave);
    usleep(20000);
    close(p.master);
    wait_ok(child);
}

static volatile sig_atomic_t n_hangups;

static void count(int signo) {
    n_hangups++;
}

/* The leader is told; the rest of its session only loses the terminal. */
static void session_ends(void) {
    struct pair p = open_pair();
    int report[2];
    char c;
    CHECK(pipe(report) == 0);
    const pid_t leader = fork();
    if (leader == 0) {
        close(p.master);
        CHECK(setsid() > 0 && ioctl(p.slave, TIOCSCTTY, 0) == 0);
        signal(SIGHUP, count);
        sigset_t none, hup;
        sigemptyset(&none);
        sigemptyset(&hup);
        sigaddset(&hup, SIGHUP);
        sigprocmask(SIG_BLOCK, &hup, NULL);
        CHECK(write(report[1], "r", 1) == 1);
        while (!n_hangups) sigsuspend(&none);
        CHECK_ERROR(open("/dev/tty", O_RDWR), ENXIO);
        exit(0);
    }
    close(p.slave);
    CHECK(read(report[0], &c, 1) == 1);
    close(p.master);
    wait_ok(leader);
    close(report[0]);
    close(report[1]);
}

/* A leader's exit is a hangup for its foreground group. */
static void leader_exits(void) {
    struct pair p = open_pair();
    int report[2];
    char c;
    CHECK(pipe(report) == 0);
    const pid_t leader = fork();
    if (leader == 0) {
        CHECK(setsid() > 0 && ioctl(p.slave, TIOCSCTTY, 0) == 0);
        const pid_t job = fork();
        if (job == 0) {
            signal(SIGTTOU, SIG_IGN);
            setpgid(0, 0);
            CHECK(tcsetpgrp(p.slave, getpgrp()) == 0);
            CHECK(write(report[1], "j", 1) == 1);
            for (;;) pause();
        }
        close(report[1]);
        CHECK(read(report[0], &c, 1) == 1);
        exit(0);
    }
    wait_ok(leader);
    close(report[1]);
    CHECK(read(report[0], &c, 1) == 0); /* the job has died of SIGHUP */
    CHECK(tcgetpgrp(p.master) == 0);
    close(report[0]);
    close_pair(&p);
}

int main(void) {
    alarm(50);
    slave_closes();
    fresh_master_waits();
    master_closes();
    reader_wakes();
    session_ends();
    leader_exits();
    puts("both ends notice the other's end");
}
