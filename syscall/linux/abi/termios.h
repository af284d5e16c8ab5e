/* SPDX-License-Identifier: ISC */
/* Terminal attributes in the kernel's layout and their bits. Source: termios(3), ioctl_tty(2). */
#pragma once

#include <stdint.h>

/* With the speeds: TCGETS2. TCGETS ends before them. */
struct linux_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[19];
    uint32_t input_speed, output_speed;
};
_Static_assert(sizeof(struct linux_termios) == 44, "the kernel's struct termios2");
enum { LINUX_TERMIOS_SIZE = 36 };

enum termios_iflag {
    IGNBRK = 1, BRKINT = 2, IGNPAR = 4, PARMRK = 010, INPCK = 020, ISTRIP = 040, INLCR = 0100, IGNCR = 0200, ICRNL = 0400,
    IUCLC = 01000, IXON = 02000, IXANY = 04000, IXOFF = 010000, IMAXBEL = 020000, IUTF8 = 040000,
};
enum termios_oflag {
    OPOST = 1, OLCUC = 2, ONLCR = 4, OCRNL = 010, ONOCR = 020, ONLRET = 040, TABDLY = 014000, XTABS = 014000,
};
enum termios_cflag { CBAUD = 010017, CSIZE = 060, CS8 = 060, CREAD = 0200, PARENB = 0400, B38400 = 017, BOTHER = 010000 };
enum termios_lflag {
    ISIG = 1, ICANON = 2, ECHO = 010, ECHOE = 020, ECHOK = 040, ECHONL = 0100, NOFLSH = 0200, TOSTOP = 0400, ECHOCTL = 01000,
    ECHOPRT = 02000, ECHOKE = 04000, FLUSHO = 010000, PENDIN = 040000, IEXTEN = 0100000, EXTPROC = 0200000,
};
enum termios_cc {
    VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2,
};

/* What packet mode tells the master. */
enum tty_packet {
    TIOCPKT_DATA = 0, TIOCPKT_FLUSHREAD = 1, TIOCPKT_FLUSHWRITE = 2, TIOCPKT_STOP = 4, TIOCPKT_START = 8, TIOCPKT_NOSTOP = 16,
    TIOCPKT_DOSTOP = 32, TIOCPKT_IOCTL = 64,
};
