/* SPDX-License-Identifier: ISC */
/* The line discipline N_TTY: from what is typed to what a program reads (editing, echo, signals), and from what it
 * writes to what the screen gets. Pure: bytes in, bytes out; the owner's lock guards everything. Source: termios(3);
 * linux 6.1 n_tty where the man page is silent. */
#pragma once

#include "syscall/linux/abi/termios.h"
#include "syscall/linux/fs/byte_ring.h"

#include <stddef.h>

enum { TTY_LINE_SIZE = 4096, TTY_OUTPUT_SIZE = 65536 };

struct tty_line {
    struct linux_termios termios;

    /* What can be read: free-running positions, index modulo the size. tail <= canon <= head; canon: after the last
     * complete line; ends marks the characters that end one. */
    unsigned char bytes[TTY_LINE_SIZE];
    bool ends[TTY_LINE_SIZE];
    uint32_t head, canon, tail;
    bool literal_next, erasing;

    struct byte_ring output; /* to the master */
    unsigned column, canon_column; /* of the cursor; where the line being edited starts */
    bool stopped;            /* by STOP or TCOOFF */
    uint8_t packet;          /* news for packet mode: bits of enum tty_packet */
};

/* The terminal as the kernel makes it. False: no memory. */
bool tty_line_init(struct tty_line *line);
void tty_line_fini(struct tty_line *line);

/* Takes typed bytes. Stops when there is no room, or after a character that sends a signal (*signo, else 0).
 * Returns how many were taken. */
size_t tty_line_receive(struct tty_line *line, const unsigned char *bytes, size_t n, int *signo);
/* Is there something to read? for_poll: VMIN counts. */
bool tty_line_readable(const struct tty_line *line, bool for_poll);
/* FIONREAD. */
uint32_t tty_line_available(const struct tty_line *line);
/* The next piece for a reader that wants at most n bytes: where it is and how long; *end: the reader has its line.
 * Nothing is taken. */
uint32_t tty_line_front(const struct tty_line *line, size_t n, const unsigned char **at, bool *end);
/* Takes n bytes of that piece; with its end mark if all of it was taken. exact: the reader's buffer is full. */
void tty_line_take(struct tty_line *line, uint32_t n, bool whole, bool exact);

void tty_line_flush_input(struct tty_line *line);
void tty_line_flush_output(struct tty_line *line);
void tty_line_set(struct tty_line *line, const struct linux_termios *termios);
void tty_line_stop(struct tty_line *line);
void tty_line_start(struct tty_line *line);

/* How many bytes may be written now so that whatever becomes of them has room. */
size_t tty_line_write_room(const struct tty_line *line);
/* Puts out what a program writes; n <= tty_line_write_room. */
void tty_line_write(struct tty_line *line, const unsigned char *bytes, size_t n);

/* tty_output.c, for tty_input.c: one character with the processing of OPOST; the same as an echo shows it (^C). */
void tty_output_char(struct tty_line *line, unsigned char c);
void tty_output_raw(struct tty_line *line, unsigned char c);
void tty_echo(struct tty_line *line, unsigned char c);

static inline bool tty_has(uint32_t flags, uint32_t bit) {
    return (flags & bit) != 0;
}
