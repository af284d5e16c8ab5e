/* SPDX-License-Identifier: ISC */
/* Request numbers of ioctl(2) and the structures they carry. */
#pragma once

#include <stdint.h>

enum ioctl_request {
    TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCSBRK = 0x5409, TCXONC = 0x540a,
    TCFLSH = 0x540b, TIOCEXCL = 0x540c, TIOCNXCL = 0x540d, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410, TIOCOUTQ = 0x5411, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, FIONREAD = 0x541b,
    FIONBIO = 0x5421, TIOCNOTTY = 0x5422, TIOCGSID = 0x5429, TCSBRKP = 0x5425, FIONCLEX = 0x5450, FIOCLEX = 0x5451,
    FIOASYNC = 0x5452, FIOQSIZE = 0x5460,
};

struct linux_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[19];
};
_Static_assert(sizeof(struct linux_termios) == 36, "the kernel's struct termios");

struct linux_winsize {
    uint16_t rows, columns, x_pixels, y_pixels;
};
