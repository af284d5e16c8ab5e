/* SPDX-License-Identifier: ISC */
/* The host's terminals, in the layouts of x86-64 Linux. All return 0 or -E (-ENOTTY: not a terminal). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The kernel's struct termios, as TCGETS gives it. */
struct host_termios {
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t line, cc[19];
};

struct host_winsize {
    uint16_t rows, columns, x_pixels, y_pixels;
};

enum host_terminal_when { HOST_TERMINAL_NOW, HOST_TERMINAL_DRAIN, HOST_TERMINAL_FLUSH };

/* Is it our controlling terminal? Are we in its foreground? */
bool host_terminal_is_ours(int fd);
bool host_terminal_in_foreground(int fd);
int host_terminal_get(int fd, struct host_termios *out);
int host_terminal_set(int fd, enum host_terminal_when when, const struct host_termios *in);
int host_terminal_get_size(int fd, struct host_winsize *out);
int host_terminal_set_size(int fd, const struct host_winsize *in);
/* queue: TCIFLUSH 0, TCOFLUSH 1, TCIOFLUSH 2. */
int host_terminal_flush(int fd, int queue);
/* action: TCOOFF 0, TCOON 1, TCIOFF 2, TCION 3. */
int host_terminal_flow(int fd, int action);
/* Waits until output is sent (TCSBRK with an argument), or sends a break. */
int host_terminal_drain(int fd);
int host_terminal_break(int fd, int duration);
int64_t host_terminal_output_queued(int fd);
