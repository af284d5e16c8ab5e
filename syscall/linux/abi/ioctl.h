/* SPDX-License-Identifier: ISC */
/* Request numbers of ioctl(2) and the structures they carry. Terminals: see ioctl_tty(2) and abi/termios.h. */
#pragma once

#include <stdint.h>

enum ioctl_request {
    TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCSBRK = 0x5409, TCXONC = 0x540a,
    TCFLSH = 0x540b, TIOCEXCL = 0x540c, TIOCNXCL = 0x540d, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410, TIOCOUTQ = 0x5411, TIOCSTI = 0x5412, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, FIONREAD = 0x541b,
    TIOCPKT = 0x5420, FIONBIO = 0x5421, TIOCNOTTY = 0x5422, TIOCSETD = 0x5423, TIOCGETD = 0x5424, TCSBRKP = 0x5425,
    TIOCGSID = 0x5429, FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIOASYNC = 0x5452, FIOQSIZE = 0x5460,
};

/* Those that carry their direction and size. */
#define TCGETS2 0x802c542au
#define TCSETS2 0x402c542bu
#define TCSETSW2 0x402c542cu
#define TCSETSF2 0x402c542du
#define TIOCGPTN 0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCSIG 0x40045436u
#define TIOCGPKT 0x80045438u
#define TIOCGPTLCK 0x80045439u
#define TIOCGEXCL 0x80045440u
#define TIOCGPTPEER 0x5441u

struct linux_winsize {
    uint16_t rows, columns, x_pixels, y_pixels;
};
