/* SPDX-License-Identifier: ISC */
/* pty(7): making pairs, names, locks, sizes, what either side says of itself. */
#include "tests/guest/pty.h"

#include <sys/sysmacros.h>

static void names(void) {
    const int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    unsigned number;
    int locked;
    char name[64], path[64], link[64];
    CHECK(master >= 0);
    CHECK(ioctl(master, TIOCGPTN, &number) == 0);
    snprintf(name, sizeof name, "/dev/pts/%u", number);
    CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 1);
    CHECK_ERROR(open(name, O_RDWR | O_NOCTTY), EIO);
    CHECK(unlockpt(master) == 0);
    CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 0);
    const int slave = open(name, O_RDWR | O_NOCTTY);
    CHECK(slave >= 0 && isatty(slave) && isatty(master));
    struct stat by_name, by_fd;
    CHECK(stat(name, &by_name) == 0 && fstat(slave, &by_fd) == 0);
    CHECK(S_ISCHR(by_fd.st_mode) && (by_fd.st_mode & 0600) == 0600);
    CHECK(major(by_fd.st_rdev) == 136 && minor(by_fd.st_rdev) == number && by_fd.st_rdev == by_name.st_rdev);
    CHECK(by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev && by_fd.st_uid == getuid());
    CHECK(fstat(master, &by_fd) == 0 && by_fd.st_rdev == makedev(5, 2));
    CHECK(ttyname_r(slave, link, sizeof link) == 0 && strcmp(link, name) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", slave);
    const ssize_t n = readlink(path, link, sizeof link - 1);
    CHECK(n > 0 && (link[n] = 0, strcmp(link, name) == 0));
    const int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(peer >= 0 && fstat(peer, &by_fd) == 0 && by_fd.st_rdev == by_name.st_rdev && fcntl(peer, F_GETFD) == FD_CLOEXEC);
    CHECK_ERROR(ioctl(slave, TIOCGPTN, &number), ENOTTY);
    CHECK_ERROR(lseek(slave, 0, SEEK_CUR), ESPIPE);
    close(peer);
    close(slave);
    close(master);
    CHECK_ERROR(open(name, O_RDWR | O_NOCTTY), ENOENT);
}

static void several(void) {
    struct pair a = open_pair(), b = open_pair();
    CHECK(strcmp(a.name, b.name) != 0);
    set_modes(a.slave, 0, 0, 0);
    set_modes(b.slave, 0, 0, 0);
    send_text(a.master, "a");
    send_text(b.master, "b");
    expect_text(a.slave, "a");
    expect_text(b.slave, "b");
    close_pair(&a);
    close_pair(&b);
}

static void attributes(void) {
    struct pair p = open_pair();
    struct termios t, other;
    struct winsize size = {24, 80, 3, 4}, got;
    CHECK(tcgetattr(p.slave, &t) == 0);
    CHECK(t.c_iflag == (ICRNL | IXON) && t.c_oflag == (OPOST | ONLCR));
    CHECK(t.c_lflag == (ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN));
    CHECK((t.c_cflag & (CSIZE | CREAD)) == (CS8 | CREAD) && cfgetospeed(&t) == B38400);
    CHECK(t.c_cc[VINTR] == 3 && t.c_cc[VEOF] == 4 && t.c_cc[VMIN] == 1 && t.c_cc[VTIME] == 0);
    t.c_lflag &= ~(tcflag_t)ECHO;
    t.c_cc[VINTR] = 7;
    cfsetospeed(&t, B9600);
    CHECK(tcsetattr(p.slave, TCSAFLUSH, &t) == 0);
    CHECK(tcgetattr(p.master, &other) == 0 && other.c_lflag == t.c_lflag && other.c_cc[VINTR] == 7);
    CHECK(cfgetospeed(&other) == B9600);
    CHECK(ioctl(p.slave, TIOCGWINSZ, &got) == 0 && got.ws_row == 0 && got.ws_col == 0);
    CHECK(ioctl(p.master, TIOCSWINSZ, &size) == 0);
    CHECK(ioctl(p.slave, TIOCGWINSZ, &got) == 0 && memcmp(&size, &got, sizeof got) == 0);
    int value = -1;
    CHECK(ioctl(p.slave, TIOCGETD, &value) == 0 && value == 0);
    CHECK(ioctl(p.slave, TIOCOUTQ, &value) == 0 && value == 0);
    CHECK_ERROR(ioctl(p.slave, TIOCGWINSZ, 8), EFAULT);
    CHECK_ERROR(ioctl(p.slave, 0x1234, 0), ENOTTY);
    CHECK_ERROR(tcflush(p.slave, 9), EINVAL);
    CHECK_ERROR(ioctl(p.slave, TCXONC, 9), EINVAL);
    CHECK(tcdrain(p.slave) == 0 && tcsendbreak(p.slave, 0) == 0);
    close_pair(&p);
}

static void exclusive(void) {
    struct pair p = open_pair();
    CHECK(ioctl(p.slave, TIOCEXCL) == 0);
    const int again = open(p.name, O_RDWR | O_NOCTTY);
    CHECK(geteuid() == 0 ? again >= 0 : again < 0 && errno == EBUSY);
    close(again);
    CHECK(ioctl(p.slave, TIOCNXCL) == 0);
    const int last = open(p.name, O_RDWR | O_NOCTTY);
    CHECK(last >= 0);
    close(last);
    close_pair(&p);
}

int main(void) {
    names();
    several();
    attributes();
    exclusive();
    puts("pseudoterminals come in pairs");
}
