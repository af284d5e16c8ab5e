/* SPDX-License-Identifier: ISC */
/* Job control over a pseudoterminal: controlling terminals, keys that send signals to the foreground group, SIGTTIN and
 * SIGTTOU for the background, orphaned groups, SIGWINCH. credentials(7), ioctl_tty(2), setsid(2), tcsetpgrp(3). */
#include "tests/guest/pty.h"

static volatile sig_atomic_t got[65];

static void note(int signo) {
    got[signo]++;
}

static void on(int signo, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    CHECK(sigaction(signo, &action, NULL) == 0);
}

static void wait_for(int signo) {
    sigset_t none, block;
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, signo);
    sigprocmask(SIG_BLOCK, &block, NULL);
    while (!got[signo]) sigsuspend(&none);
    sigprocmask(SIG_UNBLOCK, &block, NULL);
    got[signo] = 0;
}

/* A child that leads a session on p's slave runs body. */
static pid_t in_session(struct pair *p, void (*body)(struct pair *p)) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child) return child;
    CHECK(setsid() == getpid());
    CHECK_ERROR(open("/dev/tty", O_RDWR), ENXIO);
    CHECK(ioctl(p->slave, TIOCSCTTY, 0) == 0);
    body(p);
    exit(0);
}

static void leader(struct pair *p) {
    int value;
    CHECK(tcgetsid(p->slave) == getpid() && tcgetpgrp(p->slave) == getpgrp());
    CHECK(tcgetpgrp(p->master) == getpgrp());
    const int tty = open("/dev/tty", O_RDWR);
    CHECK(tty >= 0 && tcgetpgrp(tty) == getpgrp());
    send_text(tty, "hello");
    close(tty);
    struct pair other = open_pair();
    CHECK_ERROR(tcgetpgrp(other.slave), ENOTTY);
    CHECK_ERROR(ioctl(other.slave, TIOCSCTTY, 0), EPERM);
    CHECK(ioctl(other.slave, TIOCGSID, &value) == -1 && errno == ENOTTY);
    CHECK(tcgetpgrp(other.master) == 0);
    CHECK_ERROR(tcsetpgrp(other.slave, getpgrp()), ENOTTY);
    close_pair(&other);
    CHECK_ERROR(tcsetpgrp(p->slave, 1 << 21), ESRCH);
    CHECK_ERROR(tcsetpgrp(p->slave, -1), EINVAL);
    CHECK_ERROR(tcsetpgrp(p->slave, getppid()), EPERM);
    CHECK(ioctl(p->slave, TIOCSCTTY, 0) == 0);
    on(SIGHUP, SIG_IGN, 0);
    CHECK(ioctl(p->slave, TIOCNOTTY) == 0);
    CHECK_ERROR(open("/dev/tty", O_RDWR), ENXIO);
    CHECK_ERROR(ioctl(p->slave, TIOCNOTTY), ENOTTY);
    const int again = open(p->name, O_RDWR);
    CHECK(again >= 0 && tcgetsid(again) == getpid());
}

static void keys(struct pair *p) {
    on(SIGINT, note, 0);
    on(SIGQUIT, note, 0);
    on(SIGWINCH, note, 0);
    send_text(p->slave, "ready");
    wait_for(SIGINT);
    send_text(p->slave, "int");
    wait_for(SIGQUIT);
    send_text(p->slave, "quit");
    wait_for(SIGWINCH);
    send_text(p->slave, "size");
}

static void drive_keys(struct pair *p) {
    expect_text(p->master, "ready");
    send_text(p->master, "lost\3");
    expect_text(p->master, "int");
    send_text(p->master, "\34");
    expect_text(p->master, "quit");
    CHECK(ioctl(p->master, TIOCSWINSZ, &(struct winsize){10, 20, 0, 0}) == 0);
    expect_text(p->master, "size");
    expect_nothing(p->slave);
}

/* A background child; the leader waits for it to stop by `signo`, makes it the foreground and lets it go on. */
static void in_background(struct pair *p, int signo, void (*body)(struct pair *p)) {
    int status;
    const pid_t child = fork();
    if (child == 0) {
        CHECK(setpgid(0, 0) == 0);
        body(p);
        exit(0);
    }
    CHECK(waitpid(child, &status, WUNTRACED) == child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == signo);
    CHECK(tcgetpgrp(p->slave) == getpgrp());
    CHECK(tcsetpgrp(p->slave, child) == 0);
    CHECK(kill(-child, SIGCONT) == 0);
    wait_ok(child);
    on(SIGTTOU, SIG_IGN, 0);
    CHECK(tcsetpgrp(p->slave, getpgrp()) == 0);
    on(SIGTTOU, SIG_DFL, 0);
}

static void reads(struct pair *p) {
    char c;
    CHECK(read(p->slave, &c, 1) == 1 && c == 'r');
}

static void changes(struct pair *p) {
    struct termios t;
    CHECK(tcgetattr(p->slave, &t) == 0 && tcsetattr(p->slave, TCSADRAIN, &t) == 0);
}

static void writes(struct pair *p) {
    send_text(p->slave, "w");
}

static void takes(struct pair *p) {
    CHECK(tcsetpgrp(p->slave, getpgrp()) == 0);
}

/* With the signal ignored or blocked nothing stops. */
static void ignores(struct pair *p) {
    char c;
    const pid_t child = fork();
    if (child) {
        wait_ok(child);
        return;
    }
    CHECK(setpgid(0, 0) == 0);
    on(SIGTTIN, SIG_IGN, 0);
    on(SIGTTOU, SIG_IGN, 0);
    CHECK_ERROR(read(p->slave, &c, 1), EIO);
    send_text(p->slave, "i");
    changes(p);
    on(SIGTTIN, note, 0);
    CHECK_ERROR(read(p->slave, &c, 1), EINTR);
    CHECK(got[SIGTTIN] == 1);
    exit(0);
}

static void groups(struct pair *p) {
    set_modes(p->slave, 0, 0, TOSTOP);
    send_text(p->master, "r");
    in_background(p, SIGTTIN, reads);
    in_background(p, SIGTTOU, changes);
    in_background(p, SIGTTOU, writes);
    in_background(p, SIGTTOU, takes);
    ignores(p);
    send_text(p->slave, "done");
}


static void suspended(struct pair *p) {
    int status;
    const pid_t child = fork();
    if (child == 0) {
        CHECK(setpgid(0, 0) == 0);
        on(SIGTTOU, SIG_IGN, 0);
        CHECK(tcsetpgrp(p->slave, getpgrp()) == 0);
        send_text(p->slave, "up");
        while (1) pause();
    }
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    CHECK(kill(-child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    send_text(p->slave, "on");
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

int main(void) {
    alarm(50);
    struct pair p = open_pair();
    set_modes(p.slave, 0, 0, ISIG);
    pid_t child = in_session(&p, leader);
    expect_text(p.master, "hello");
    wait_ok(child);
    child = in_session(&p, keys);
    drive_keys(&p);
    wait_ok(child);
    child = in_session(&p, groups);
    expect_text(p.master, "widone");
    wait_ok(child);
    child = in_session(&p, suspended);
    set_modes(p.slave, 0, 0, ISIG);
    expect_text(p.master, "up");
    send_text(p.master, "\32");
    expect_text(p.master, "on");
    send_text(p.master, "\3");
    wait_ok(child);
    close_pair(&p);
    puts("jobs are controlled");
}
