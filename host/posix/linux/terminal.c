/* SPDX-License-Identifier: ISC */
/* Terminal attributes in the kernel's own layout, which is what host/terminal.h speaks. */
#include "host/terminal.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <asm/termbits.h>
#include <string.h>
#include <sys/ioctl.h>

int os_terminal_get(int fd, struct host_termios *out) {
    struct termios native;
    memset(&native, 0, sizeof native);
    if (ioctl(fd, TCGETS, &native) < 0) return host_error_last();
    *out = (struct host_termios){native.c_iflag, native.c_oflag, native.c_cflag, native.c_lflag, native.c_line, {0}};
    memcpy(out->cc, native.c_cc, sizeof out->cc);
    return 0;
}

int os_terminal_set(int fd, enum host_terminal_when when, const struct host_termios *in) {
    static const unsigned long commands[] = {TCSETS, TCSETSW, TCSETSF};
    struct termios native;
    memset(&native, 0, sizeof native);
    native.c_iflag = in->iflag;
    native.c_oflag = in->oflag;
    native.c_cflag = in->cflag;
    native.c_lflag = in->lflag;
    native.c_line = in->line;
    memcpy(native.c_cc, in->cc, sizeof in->cc);
    return ioctl(fd, commands[when], &native) < 0 ? host_error_last() : 0;
}
