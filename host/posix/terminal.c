/* SPDX-License-Identifier: ISC */
/* Window size and queue control of host terminals. Their attributes are linux/terminal.c's, in the kernel's layout. */
#include "host/terminal.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int result(int r) {
    return r < 0 ? host_error_last() : 0;
}

bool os_terminal_is_ours(int fd) {
    return tcgetpgrp(fd) >= 0;
}

bool os_terminal_in_foreground(int fd) {
    return tcgetpgrp(fd) == getpgrp();
}

int os_terminal_get_size(int fd, struct host_winsize *out) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0) return host_error_last();
    *out = (struct host_winsize){size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel};
    return 0;
}

int os_terminal_set_size(int fd, const struct host_winsize *in) {
    const struct winsize size = {in->rows, in->columns, in->x_pixels, in->y_pixels};
    return result(ioctl(fd, TIOCSWINSZ, &size));
}

int os_terminal_flush(int fd, int queue) {
    static const int queues[] = {TCIFLUSH, TCOFLUSH, TCIOFLUSH};
    return result(tcflush(fd, queue >= 0 && queue < 3 ? queues[queue] : -1));
}

int os_terminal_flow(int fd, int action) {
    static const int actions[] = {TCOOFF, TCOON, TCIOFF, TCION};
    return result(tcflow(fd, action >= 0 && action < 4 ? actions[action] : -1));
}

int os_terminal_drain(int fd) {
    return result(tcdrain(fd));
}

int os_terminal_break(int fd, int duration) {
    return result(tcsendbreak(fd, duration));
}

int64_t os_terminal_output_queued(int fd) {
    int n = 0;
    return ioctl(fd, TIOCOUTQ, &n) < 0 ? host_error_last() : n;
}
