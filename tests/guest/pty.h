/* SPDX-License-Identifier: ISC */
/* Shared by the tests of pseudoterminals: a pair, its attributes, and exchanges that wait for what they expect. */
#pragma once
#include "tests/guest/check.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

struct pair {
    int master, slave;
    char name[64];
};

static inline struct pair open_pair(void) {
    struct pair p;
    p.master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(p.master >= 0);
    CHECK(grantpt(p.master) == 0 && unlockpt(p.master) == 0);
    CHECK(ptsname_r(p.master, p.name, sizeof p.name) == 0);
    p.slave = open(p.name, O_RDWR | O_NOCTTY);
    CHECK(p.slave >= 0);
    return p;
}

static inline void close_pair(struct pair *p) {
    close(p->slave);
    close(p->master);
}

static inline void set_modes(int fd, tcflag_t iflag, tcflag_t oflag, tcflag_t lflag) {
    struct termios t;
    CHECK(tcgetattr(fd, &t) == 0);
    t.c_iflag = iflag;
    t.c_oflag = oflag;
    t.c_lflag = lflag;
    CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

static inline void send_text(int fd, const char *text) {
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Reads exactly this text, in as many pieces as it comes. */
static inline void expect_text(int fd, const char *text) {
    char got[8192] = "";
    size_t n = 0, want = strlen(text);
    while (n < want) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 5000) != 1) break;
        const ssize_t r = read(fd, got + n, want - n);
        if (r <= 0) break;
        n += (size_t)r;
    }
    if (n == want && memcmp(got, text, n) == 0) return;
    printf("got %zu bytes, wanted %zu:", n, want);
    for (size_t i = 0; i < n; i++) printf(" %02x", (unsigned char)got[i]);
    printf("\n");
    exit(1);
}

/* Nothing may come within a moment. */
static inline void expect_nothing(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CHECK(poll(&p, 1, 30) == 0);
}
