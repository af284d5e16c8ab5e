/* SPDX-License-Identifier: ISC */
/* Output of the line discipline: OPOST and its relatives, the cursor's column, and how echoes look. An echo that
 * finds no room is dropped; programs' output waits for room instead (tty_line_write_room). */
#include "syscall/linux/fs/tty_line.h"

enum { TAB_WIDTH = 8, DEL = 0177 };

static bool is_control(unsigned char c) {
    return c < ' ' || c == DEL;
}

void tty_output_raw(struct tty_line *line, unsigned char c) {
    byte_ring_put(&line->output, c);
}

static void put_tab(struct tty_line *line) {
    const unsigned width = TAB_WIDTH - line->column % TAB_WIDTH;
    line->column += width;
    if ((line->termios.oflag & TABDLY) != XTABS) {
        tty_output_raw(line, '\t');
        return;
    }
    for (unsigned i = 0; i < width; i++) tty_output_raw(line, ' ');
}

static void put_newline(struct tty_line *line) {
    const uint32_t oflag = line->termios.oflag;
    if (tty_has(oflag, ONLCR)) tty_output_raw(line, '\r');
    if (tty_has(oflag, ONLCR | ONLRET)) line->column = 0;
    line->canon_column = line->column;
    tty_output_raw(line, '\n');
}

static void put_return(struct tty_line *line) {
    const uint32_t oflag = line->termios.oflag;
    if (tty_has(oflag, ONOCR) && line->column == 0) return;
    if (tty_has(oflag, OCRNL)) {
        if (tty_has(oflag, ONLRET)) line->canon_column = line->column = 0;
        tty_output_raw(line, '\n');
        return;
    }
    line->canon_column = line->column = 0;
    tty_output_raw(line, '\r');
}

static void put_visible(struct tty_line *line, unsigned char c) {
    const bool continuation = tty_has(line->termios.iflag, IUTF8) && (c & 0xc0) == 0x80;
    if (tty_has(line->termios.oflag, OLCUC) && c >= 'a' && c <= 'z') c = (unsigned char)(c - 'a' + 'A');
    if (!is_control(c) && !continuation) line->column++;
    tty_output_raw(line, c);
}

void tty_output_char(struct tty_line *line, unsigned char c) {
    if (!tty_has(line->termios.oflag, OPOST)) {
        tty_output_raw(line, c);
        return;
    }
    switch (c) {
    case '\n': put_newline(line); break;
    case '\r': put_return(line); break;
    case '\t': put_tab(line); break;
    case '\b':
        if (line->column) line->column--;
        tty_output_raw(line, c);
        break;
    default: put_visible(line, c);
    }
}

void tty_echo(struct tty_line *line, unsigned char c) {
    if (tty_has(line->termios.lflag, ECHOCTL) && is_control(c) && c != '\t') {
        tty_output_raw(line, '^');
        tty_output_raw(line, c ^ 0100);
        line->column += 2;
        return;
    }
    tty_output_char(line, c);
}

size_t tty_line_write_room(const struct tty_line *line) {
    const uint32_t room = byte_ring_room(&line->output);
    if (line->stopped) return 0;
    return tty_has(line->termios.oflag, OPOST) ? room / TAB_WIDTH : room;
}

void tty_line_write(struct tty_line *line, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) tty_output_char(line, bytes[i]);
}
