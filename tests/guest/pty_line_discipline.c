/* SPDX-License-Identifier: ISC */
/* termios(3): lines and bytes, editing, echo, mapping of carriage returns, VMIN and VTIME, flow control. */
#include "tests/guest/pty.h"

#include <time.h>

enum { COOKED = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN };

static void lines(void) {
    struct pair p = open_pair();
    char buf[100];
    int n;
    send_text(p.master, "one");
    expect_text(p.master, "one");
    expect_nothing(p.slave);
    CHECK(ioctl(p.slave, FIONREAD, &n) == 0 && n == 0);
    send_text(p.master, "\rtwo\r");
    expect_text(p.master, "\r\ntwo\r\n");
    CHECK(ioctl(p.slave, FIONREAD, &n) == 0 && n == 8);
    CHECK(read(p.slave, buf, 2) == 2 && memcmp(buf, "on", 2) == 0);
    CHECK(read(p.slave, buf, sizeof buf) == 2 && memcmp(buf, "e\n", 2) == 0);
    CHECK(read(p.slave, buf, sizeof buf) == 4 && memcmp(buf, "two\n", 4) == 0);
    fcntl(p.slave, F_SETFL, O_NONBLOCK);
    CHECK_ERROR(read(p.slave, buf, sizeof buf), EAGAIN);
    close_pair(&p);
}

static void end_of_file(void) {
    struct pair p = open_pair();
    char buf[100];
    set_modes(p.slave, ICRNL, 0, ICANON);
    send_text(p.master, "\4");
    CHECK(read(p.slave, buf, sizeof buf) == 0);
    send_text(p.master, "part\4");
    CHECK(read(p.slave, buf, sizeof buf) == 4 && memcmp(buf, "part", 4) == 0);
    send_text(p.master, "exact\4next\r");
    CHECK(read(p.slave, buf, 5) == 5);
    CHECK(read(p.slave, buf, sizeof buf) == 5 && memcmp(buf, "next\n", 5) == 0);
    close_pair(&p);
}

static void editing(void) {
    struct pair p = open_pair();
    set_modes(p.slave, ICRNL | IXON | IUTF8, OPOST | ONLCR, COOKED);
    send_text(p.master, "abc\177d\r");
    expect_text(p.master, "abc\b \bd\r\n");
    expect_text(p.slave, "abd\n");
    send_text(p.master, "some words\27new\r");
    expect_text(p.master, "some words\b \b\b \b\b \b\b \b\b \bnew\r\n");
    expect_text(p.slave, "some new\n");
    send_text(p.master, "gone\25kept\r");
    expect_text(p.master, "gone\b \b\b \b\b \b\b \bkept\r\n");
    expect_text(p.slave, "kept\n");
    send_text(p.master, "\26\3x\r");
    expect_text(p.master, "^\b^Cx\r\n");
    expect_text(p.slave, "\3x\n");
    send_text(p.master, "\177\1\177\303\251\177z\r");
    expect_text(p.master, "^A\b \b\b \b\303\251\b \bz\r\n");
    expect_text(p.slave, "z\n");
    send_text(p.master, "ab\22c\r");
    expect_text(p.master, "ab^R\r\nabc\r\n");
    expect_text(p.slave, "abc\n");
    send_text(p.master, "a\t\177b\r");
    expect_text(p.master, "a\t\b\b\b\b\b\b\bb\r\n");
    expect_text(p.slave, "ab\n");
    close_pair(&p);
}

static void other_echoes(void) {
    struct pair p = open_pair();
    set_modes(p.slave, ICRNL, 0, ICANON | ECHONL);
    send_text(p.master, "quiet\r");
    expect_text(p.master, "\n");
    expect_text(p.slave, "quiet\n");
    set_modes(p.slave, ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOK);
    send_text(p.master, "ab\177\25c\r");
    expect_text(p.master, "ab\177\25\r\nc\r\n");
    expect_text(p.slave, "c\n");
    set_modes(p.slave, ICRNL, OPOST | ONLCR, ICANON | ECHO | ECHOE | ECHOPRT);
    send_text(p.master, "ab\177\177c\r");
    expect_text(p.master, "ab\\ba/c\r\n");
    expect_text(p.slave, "c\n");
    close_pair(&p);
}

static void mapping(void) {
    struct pair p = open_pair();
    set_modes(p.slave, IGNCR, 0, ICANON);
    send_text(p.master, "a\rb\n");
    expect_text(p.slave, "ab\n");
    set_modes(p.slave, INLCR, 0, 0);
    send_text(p.master, "a\n");
    expect_text(p.slave, "a\r");
    set_modes(p.slave, ISTRIP, 0, 0);
    send_text(p.master, "\341");
    expect_text(p.slave, "a");
    set_modes(p.slave, PARMRK, 0, 0);
    send_text(p.master, "\377");
    expect_text(p.slave, "\377\377");
    set_modes(p.slave, 0, OPOST | OCRNL, 0);
    send_text(p.slave, "x\ry\n");
    expect_text(p.master, "x\ny\n");
    set_modes(p.slave, 0, OPOST | ONLCR | XTABS, 0);
    send_text(p.slave, "x\ty\n\tz");
    expect_text(p.master, "x     y\r\n        z"); /* the cursor stood in column 2 */
    set_modes(p.slave, 0, OPOST | ONOCR, 0);
    send_text(p.slave, "\rq\r\r");
    expect_text(p.master, "\rq\r");
    set_modes(p.slave, 0, 0, 0);
    send_text(p.slave, "\n\t\r");
    expect_text(p.master, "\n\t\r");
    close_pair(&p);
}

static void patience(struct pair *p, int min, int time) {
    struct termios t;
    CHECK(tcgetattr(p->slave, &t) == 0);
    t.c_cc[VMIN] = (cc_t)min;
    t.c_cc[VTIME] = (cc_t)time;
    CHECK(tcsetattr(p->slave, TCSANOW, &t) == 0);
}

static void bytes(void) {
    struct pair p = open_pair();
    char buf[100];
    set_modes(p.slave, 0, 0, 0);
    patience(&p, 0, 0);
    CHECK(read(p.slave, buf, sizeof buf) == 0);
    patience(&p, 0, 1);
    CHECK(read(p.slave, buf, sizeof buf) == 0);
    send_text(p.master, "ab");
    CHECK(read(p.slave, buf, sizeof buf) == 2);
    patience(&p, 3, 0);
    send_text(p.master, "cd");
    struct pollfd poll_slave = {.fd = p.slave, .events = POLLIN};
    CHECK(poll(&poll_slave, 1, 20) == 0);
    const pid_t child = fork();
    if (child == 0) {
        CHECK(read(p.slave, buf, sizeof buf) == 3 && memcmp(buf, "cde", 3) == 0);
        exit(0);
    }
    send_text(p.master, "e");
    wait_ok(child);
    patience(&p, 10, 1);
    send_text(p.master, "fgh");
    CHECK(read(p.slave, buf, sizeof buf) == 3);
    close_pair(&p);
}

static void mode_changes(void) {
    struct pair p = open_pair();
    set_modes(p.slave, 0, 0, ICANON);
    send_text(p.master, "half");
    expect_nothing(p.slave);
    set_modes(p.slave, 0, 0, 0);
    expect_text(p.slave, "half");
    send_text(p.master, "line");
    struct pollfd poll_slave = {.fd = p.slave, .events = POLLIN};
    CHECK(poll(&poll_slave, 1, 5000) == 1);
    set_modes(p.slave, 0, 0, ICANON);
    expect_text(p.slave, "line");
    send_text(p.master, "old\n");
    CHECK(poll(&poll_slave, 1, 5000) == 1);
    CHECK(tcflush(p.slave, TCIFLUSH) == 0);
    expect_nothing(p.slave);
    close_pair(&p);
}

static void long_line(void) {
    static char text[6000], got[6000];
    struct pair p = open_pair();
    set_modes(p.slave, 0, 0, ICANON);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    CHECK(write(p.master, text, sizeof text) == sizeof text);
    const ssize_t n = read(p.slave, got, sizeof got);
    CHECK(n == 4096 && got[4095] == '\n' && got[4094] == 'x');
    close_pair(&p);
}

static void flow(void) {
    struct pair p = open_pair();
    set_modes(p.slave, IXON, 0, 0);
    send_text(p.master, "\23");
    struct pollfd out = {.fd = p.slave, .events = POLLOUT};
    while (poll(&out, 1, 10) != 0) continue;
    CHECK(fcntl(p.slave, F_SETFL, O_NONBLOCK) == 0);
    CHECK_ERROR(write(p.slave, "x", 1), EAGAIN);
    send_text(p.master, "\21");
    CHECK(poll(&out, 1, 5000) == 1 && (out.revents & POLLOUT));
    CHECK(write(p.slave, "y", 1) == 1);
    expect_text(p.master, "y");
    CHECK(tcflow(p.slave, TCOOFF) == 0);
    CHECK_ERROR(write(p.slave, "x", 1), EAGAIN);
    CHECK(tcflow(p.slave, TCOON) == 0 && write(p.slave, "z", 1) == 1);
    expect_text(p.master, "z");
    CHECK(tcflow(p.slave, TCIOFF) == 0 && tcflow(p.slave, TCION) == 0);
    expect_text(p.master, "\23\21");
    close_pair(&p);
}

static void packets(void) {
    struct pair p = open_pair();
    int on = 1;
    char buf[100];
    set_modes(p.slave, IXON, 0, 0);
    CHECK(ioctl(p.master, TIOCPKT, &on) == 0);
    send_text(p.slave, "data");
    CHECK(read(p.master, buf, sizeof buf) == 5 && memcmp(buf, "\0data", 5) == 0);
    CHECK(tcflush(p.slave, TCIFLUSH) == 0);
    struct pollfd in = {.fd = p.master, .events = POLLIN | POLLPRI};
    CHECK(poll(&in, 1, 5000) == 1 && (in.revents & POLLPRI));
    CHECK(read(p.master, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_FLUSHREAD);
    set_modes(p.slave, 0, 0, 0);
    CHECK(read(p.master, buf, sizeof buf) == 1 && buf[0] == TIOCPKT_NOSTOP);
    close_pair(&p);
}

/* More than any queue holds, both ways, in both roles. */
static void bulk(void) {
    enum { SIZE = 300000 };
    static char out[SIZE], in[SIZE];
    struct pair p = open_pair();
    set_modes(p.slave, 0, 0, 0);
    for (int i = 0; i < SIZE; i++) out[i] = (char)(i * 7 + i / 251);
    for (int turn = 0; turn < 2; turn++) {
        const int from = turn ? p.slave : p.master, to = turn ? p.master : p.slave;
        const pid_t child = fork();
        if (child == 0) {
            CHECK(write(from, out, SIZE) == SIZE);
            exit(0);
        }
        for (int n = 0; n < SIZE;) {
            const ssize_t r = read(to, in + n, (size_t)(SIZE - n));
            CHECK(r > 0);
            n += (int)r;
        }
        CHECK(memcmp(in, out, SIZE) == 0);
        wait_ok(child);
    }
    close_pair(&p);
}

int main(void) {
    lines();
    end_of_file();
    editing();
    other_echoes();
    mapping();
    bytes();
    mode_changes();
    long_line();
    flow();
    packets();
    bulk();
    puts("the line discipline is as termios(3) says");
}
