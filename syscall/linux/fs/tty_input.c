/* SPDX-License-Identifier: ISC */
/* Input of the line discipline: one typed character after the other is mapped, edits the line, sends a signal, stops
 * or starts output, or is kept for the reader. */
#include "syscall/linux/fs/tty_line.h"

#include "syscall/linux/abi/siginfo.h"

#include <string.h>

enum { DISABLED = 0, EOF_MARK = 0, DEL = 0177 };

static unsigned index_of(uint32_t position) {
    return position % TTY_LINE_SIZE;
}

static bool is_key(const struct tty_line *line, enum termios_cc which, unsigned char c) {
    return c != DISABLED && line->termios.cc[which] == c;
}

static bool local(const struct tty_line *line, uint32_t flag) {
    return tty_has(line->termios.lflag, flag);
}

static void keep(struct tty_line *line, unsigned char c) {
    line->ends[index_of(line->head)] = false;
    line->bytes[index_of(line->head++)] = c;
}

/* PARMRK shows a real 0377 as two. */
static void keep_marked(struct tty_line *line, unsigned char c) {
    if (c == 0377 && tty_has(line->termios.iflag, PARMRK) && !tty_has(line->termios.iflag, ISTRIP)) keep(line, c);
    keep(line, c);
}

static void finish_erasing(struct tty_line *line) {
    if (!line->erasing) return;
    tty_output_char(line, '/');
    line->erasing = false;
}

static void echo_typed(struct tty_line *line, unsigned char c) {
    finish_erasing(line);
    if (line->canon == line->head) line->canon_column = line->column;
    if (c == '\n') tty_output_char(line, c);
    else tty_echo(line, c);
}

/* Rubs out one place on the screen. */
static void rub_out(struct tty_line *line) {
    tty_output_raw(line, '\b');
    tty_output_raw(line, ' ');
    tty_output_raw(line, '\b');
    if (line->column) line->column--;
}

static bool is_control(unsigned char c) {
    return c < ' ' || c == DEL;
}

static bool is_continuation(const struct tty_line *line, unsigned char c) {
    return tty_has(line->termios.iflag, IUTF8) && (c & 0xc0) == 0x80;
}

/* The tab just taken off the line: back to where the characters before it end. */
static void rub_out_tab(struct tty_line *line) {
    unsigned column = line->canon_column;
    for (uint32_t at = line->canon; at != line->head; at++) {
        const unsigned char c = line->bytes[index_of(at)];
        if (c == '\t') column |= 7;
        if (is_control(c) && c != '\t') column += local(line, ECHOCTL) ? 2 : 0;
        else if (!is_continuation(line, c)) column++;
    }
    const unsigned width = 8 - column % 8;
    for (unsigned i = 0; i < width; i++) {
        tty_output_raw(line, '\b');
        if (line->column) line->column--;
    }
}

/* Shows that the bytes from head on, which were one character, are no more. */
static void show_erased(struct tty_line *line, enum termios_cc kind, unsigned n) {
    const unsigned char c = line->bytes[index_of(line->head)];
    if (!local(line, ECHO)) return;
    if (local(line, ECHOPRT)) {
        if (!line->erasing) tty_output_char(line, '\\');
        line->erasing = true;
        tty_echo(line, c);
        for (unsigned i = 1; i < n; i++) tty_output_raw(line, line->bytes[index_of(line->head + i)]);
    } else if (kind == VERASE && !local(line, ECHOE)) {
        tty_echo(line, line->termios.cc[VERASE]);
    } else if (c == '\t') {
        rub_out_tab(line);
    } else {
        if (is_control(c) && local(line, ECHOCTL)) rub_out(line);
        if (!is_control(c) || local(line, ECHOCTL)) rub_out(line);
    }
}

static bool is_word(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0300;
}

/* Takes the last character off the line; false: it is empty, or a word ends there. */
static bool erase_one(struct tty_line *line, enum termios_cc kind, bool *in_word) {
    uint32_t head = line->head;
    if (head == line->canon) return false;
    do head--;
    while (head != line->canon && is_continuation(line, line->bytes[index_of(head)]));
    const unsigned char c = line->bytes[index_of(head)];
    if (is_continuation(line, c)) return false;
    if (kind == VWERASE) {
        if (!is_word(c) && *in_word) return false;
        *in_word = *in_word || is_word(c);
    }
    const unsigned n = line->head - head;
    line->head = head;
    show_erased(line, kind, n);
    return true;
}

static void erase(struct tty_line *line, enum termios_cc kind) {
    bool in_word = false;
    if (line->head == line->canon) return;
    if (kind == VKILL && !(local(line, ECHO) && local(line, ECHOK) && local(line, ECHOKE) && local(line, ECHOE))) {
        line->head = line->canon;
        if (!local(line, ECHO)) return;
        finish_erasing(line);
        tty_echo(line, line->termios.cc[VKILL]);
        if (local(line, ECHOK)) tty_output_char(line, '\n');
        return;
    }
    while (erase_one(line, kind, &in_word) && kind != VERASE) continue;
    if (line->head == line->canon && local(line, ECHO)) finish_erasing(line);
}

/* Ends a line: with a character of it, or with the mark that a reader does not see. */
static void end_line(struct tty_line *line, unsigned char c) {
    line->bytes[index_of(line->head)] = c;
    line->ends[index_of(line->head++)] = true;
    line->canon = line->head;
}

static void reprint(struct tty_line *line, unsigned char c) {
    finish_erasing(line);
    tty_echo(line, c);
    tty_output_char(line, '\n');
    for (uint32_t at = line->canon; at != line->head; at++) tty_echo(line, line->bytes[index_of(at)]);
}

static bool ends_line(const struct tty_line *line, unsigned char c) {
    return is_key(line, VEOL, c) || (is_key(line, VEOL2, c) && local(line, IEXTEN));
}

/* True: the character edited the line or ended it. */
static bool edit(struct tty_line *line, unsigned char c) {
    const bool extended = local(line, IEXTEN);
    if (is_key(line, VERASE, c)) erase(line, VERASE);
    else if (is_key(line, VKILL, c)) erase(line, VKILL);
    else if (is_key(line, VWERASE, c) && extended) erase(line, VWERASE);
    else if (is_key(line, VLNEXT, c) && extended) {
        line->literal_next = true;
        finish_erasing(line);
        if (!local(line, ECHO) || !local(line, ECHOCTL)) return true;
        tty_output_raw(line, '^');
        tty_output_raw(line, '\b');
    } else if (is_key(line, VREPRINT, c) && local(line, ECHO) && extended) reprint(line, c);
    else if (c == '\n') {
        if (local(line, ECHO | ECHONL)) tty_output_char(line, c);
        end_line(line, c);
    } else if (is_key(line, VEOF, c)) end_line(line, EOF_MARK);
    else if (ends_line(line, c)) {
        if (local(line, ECHO)) echo_typed(line, c);
        if (c == 0377 && tty_has(line->termios.iflag, PARMRK)) keep(line, c);
        end_line(line, c);
    } else return false;
    return true;
}

static int signal_of(const struct tty_line *line, unsigned char c) {
    if (!local(line, ISIG)) return 0;
    if (is_key(line, VINTR, c)) return SIGINT;
    if (is_key(line, VQUIT, c)) return SIGQUIT;
    return is_key(line, VSUSP, c) ? SIGTSTP : 0;
}

static void take_signal(struct tty_line *line, unsigned char c) {
    if (!local(line, NOFLSH)) {
        tty_line_flush_output(line);
        tty_line_flush_input(line);
    }
    if (tty_has(line->termios.iflag, IXON)) tty_line_start(line);
    if (local(line, ECHO)) echo_typed(line, c);
}

static void keep_literal(struct tty_line *line, unsigned char c) {
    line->literal_next = false;
    if (local(line, ECHO)) echo_typed(line, c);
    keep_marked(line, c);
}

/* True: the character is dropped. */
static bool map(const struct linux_termios *t, unsigned char *c) {
    if (*c == '\r') {
        if (tty_has(t->iflag, IGNCR)) return true;
        if (tty_has(t->iflag, ICRNL)) *c = '\n';
    } else if (*c == '\n' && tty_has(t->iflag, INLCR)) {
        *c = '\r';
    }
    return false;
}

static unsigned char strip(const struct linux_termios *t, unsigned char c) {
    if (tty_has(t->iflag, ISTRIP)) c &= 0177;
    if (tty_has(t->iflag, IUCLC) && tty_has(t->lflag, IEXTEN) && c >= 'A' && c <= 'Z') c = (unsigned char)(c + 'a' - 'A');
    return c;
}

/* START or STOP. */
static bool controls_flow(struct tty_line *line, unsigned char c) {
    if (!tty_has(line->termios.iflag, IXON)) return false;
    if (is_key(line, VSTART, c)) tty_line_start(line);
    else if (is_key(line, VSTOP, c)) tty_line_stop(line);
    else return false;
    return true;
}

/* Returns the signal to send. */
static int receive_char(struct tty_line *line, unsigned char c) {
    const struct linux_termios *t = &line->termios;
    if (tty_has(t->lflag, EXTPROC)) {
        keep(line, c);
        return 0;
    }
    c = strip(t, c);
    if (line->literal_next) {
        keep_literal(line, c);
        return 0;
    }
    if (controls_flow(line, c)) return 0;
    const int signo = signal_of(line, c);
    if (signo) {
        take_signal(line, c);
        return signo;
    }
    if (line->stopped && tty_has(t->iflag, IXON) && tty_has(t->iflag, IXANY)) tty_line_start(line);
    if (map(t, &c)) return 0;
    if (local(line, ICANON) && edit(line, c)) return 0;
    if (local(line, ECHO)) echo_typed(line, c);
    keep_marked(line, c);
    return 0;
}

/* How many characters fit; a line that is too long loses what comes after its end, so that it can still be ended. */
static bool make_room(struct tty_line *line) {
    const uint32_t used = line->head - line->tail;
    uint32_t room = used < TTY_LINE_SIZE ? TTY_LINE_SIZE - used : 0;
    if (tty_has(line->termios.iflag, PARMRK)) room = (room + 2) / 3;
    if (room > 1) return true;
    if (!local(line, ICANON) || line->canon != line->tail) return false;
    if (room == 0) line->head--;
    return true;
}

size_t tty_line_receive(struct tty_line *line, const unsigned char *bytes, size_t n, int *signo) {
    size_t i = 0;
    *signo = 0;
    while (i < n && !*signo && make_room(line)) *signo = receive_char(line, bytes[i++]);
    return i;
}
