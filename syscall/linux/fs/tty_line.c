/* SPDX-License-Identifier: ISC */
/* The state of the line discipline: its start, what a reader gets, flushing, new attributes. */
#include "syscall/linux/fs/tty_line.h"

#include <string.h>

static const struct linux_termios first_termios = {
    .iflag = ICRNL | IXON,
    .oflag = OPOST | ONLCR,
    .cflag = B38400 | CS8 | CREAD,
    .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .cc = {[VINTR] = 3, [VQUIT] = 034, [VERASE] = 0177, [VKILL] = 025, [VEOF] = 4, [VMIN] = 1, [VSTART] = 021, [VSTOP] = 023,
           [VSUSP] = 032, [VREPRINT] = 022, [VDISCARD] = 017, [VWERASE] = 027, [VLNEXT] = 026},
    .input_speed = 38400, .output_speed = 38400,
};

static bool is_lines(const struct tty_line *line) {
    return tty_has(line->termios.lflag, ICANON) && !tty_has(line->termios.lflag, EXTPROC);
}

bool tty_line_init(struct tty_line *line) {
    memset(line, 0, sizeof *line);
    line->termios = first_termios;
    return byte_ring_init(&line->output, TTY_OUTPUT_SIZE);
}

void tty_line_fini(struct tty_line *line) {
    byte_ring_fini(&line->output);
}

bool tty_line_readable(const struct tty_line *line, bool for_poll) {
    const uint8_t *cc = line->termios.cc;
    if (is_lines(line)) return line->canon != line->tail;
    const uint32_t wanted = for_poll && !cc[VTIME] && cc[VMIN] ? cc[VMIN] : 1;
    return line->head - line->tail >= wanted;
}

static bool is_end_mark(const struct tty_line *line, uint32_t at) {
    return line->ends[at % TTY_LINE_SIZE] && line->bytes[at % TTY_LINE_SIZE] == 0;
}

uint32_t tty_line_available(const struct tty_line *line) {
    if (!is_lines(line)) return line->head - line->tail;
    uint32_t n = 0;
    for (uint32_t at = line->tail; at != line->canon; at++) n += !is_end_mark(line, at);
    return n;
}

/* Bytes up to the end of the first line, its end mark not counted; *ended: they are a whole line. */
static uint32_t line_length(const struct tty_line *line, bool *ended) {
    uint32_t at = line->tail;
    while (at != line->canon && !line->ends[at % TTY_LINE_SIZE]) at++;
    *ended = at != line->canon;
    return at - line->tail + (*ended && !is_end_mark(line, at));
}

uint32_t tty_line_front(const struct tty_line *line, size_t n, const unsigned char **at, bool *end) {
    const uint32_t from = line->tail % TTY_LINE_SIZE, contiguous = TTY_LINE_SIZE - from;
    bool ended = false;
    uint32_t length = is_lines(line) ? line_length(line, &ended) : line->head - line->tail;
    *at = line->bytes + from;
    if (length > n) {
        length = (uint32_t)n;
        ended = false;
    }
    if (length > contiguous) {
        length = contiguous;
        ended = false;
    }
    *end = ended;
    return length;
}

void tty_line_take(struct tty_line *line, uint32_t n, bool whole, bool exact) {
    line->tail += n;
    if (!is_lines(line) || line->tail == line->canon) return;
    if ((whole || exact) && is_end_mark(line, line->tail)
        && !(n && line->ends[(line->tail - 1) % TTY_LINE_SIZE])) line->tail++;
}

void tty_line_flush_input(struct tty_line *line) {
    line->head = line->canon = line->tail = 0;
    line->erasing = line->literal_next = false;
    line->packet |= TIOCPKT_FLUSHREAD;
}

void tty_line_flush_output(struct tty_line *line) {
    byte_ring_clear(&line->output);
    line->packet |= TIOCPKT_FLUSHWRITE;
}

void tty_line_stop(struct tty_line *line) {
    if (line->stopped) return;
    line->stopped = true;
    line->packet = (uint8_t)((line->packet & ~TIOCPKT_START) | TIOCPKT_STOP);
}

void tty_line_start(struct tty_line *line) {
    if (!line->stopped) return;
    line->stopped = false;
    line->packet = (uint8_t)((line->packet & ~TIOCPKT_STOP) | TIOCPKT_START);
}

/* Lines become bytes, or what was typed so far becomes a line. */
static void change_mode(struct tty_line *line, bool to_lines) {
    memset(line->ends, 0, sizeof line->ends);
    line->erasing = line->literal_next = false;
    line->canon = line->tail;
    if (!to_lines || line->head == line->tail) return;
    line->ends[(line->head - 1) % TTY_LINE_SIZE] = true;
    line->canon = line->head;
}

static bool stops_by_default_keys(const struct linux_termios *t) {
    return tty_has(t->iflag, IXON) && t->cc[VSTART] == 021 && t->cc[VSTOP] == 023;
}

void tty_line_set(struct tty_line *line, const struct linux_termios *termios) {
    const struct linux_termios old = line->termios;
    line->termios = *termios;
    line->termios.cflag = (termios->cflag & ~(uint32_t)(CSIZE | PARENB)) | CS8 | CREAD;
    if ((old.lflag ^ termios->lflag) & (ICANON | EXTPROC)) change_mode(line, is_lines(line));
    if (tty_has(old.iflag, IXON) && !tty_has(termios->iflag, IXON)) tty_line_start(line);
    const bool stops = stops_by_default_keys(termios);
    if (stops != stops_by_default_keys(&old)) {
        line->packet &= (uint8_t)~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
        line->packet |= stops ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
    }
    if (tty_has((old.lflag ^ termios->lflag) | (old.lflag & termios->lflag), EXTPROC)) line->packet |= TIOCPKT_IOCTL;
}
