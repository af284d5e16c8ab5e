/* SPDX-License-Identifier: ISC */
/* Requests that a terminal of our own and its master answer: attributes, size, flow, queues. One row each; a row says
 * whether a background process needs leave (SIGTTOU). Source: ioctl_tty(2). */
#include "syscall/linux/fs/pty.h"

#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/abi/signal.h"

#include <string.h>

struct request_call {
    struct pty *pty;
    bool master;
    const struct ioctl_call *call;
};

static int64_t put(const struct request_call *r, const void *value, size_t n) {
    return space_copy_out(r->call->space, r->call->arg, value, n);
}

static int64_t put_int(const struct request_call *r, int32_t value) {
    return put(r, &value, sizeof value);
}

static int64_t get(const struct request_call *r, void *value, size_t n) {
    return space_copy_in(r->call->space, value, r->call->arg, n);
}

static bool with_speeds(const struct request_call *r) {
    return r->call->cmd >= 0x10000;
}

static size_t size_of_termios(const struct request_call *r) {
    return with_speeds(r) ? sizeof(struct linux_termios) : LINUX_TERMIOS_SIZE;
}

static int64_t get_termios(const struct request_call *r) {
    host_mutex_lock(&r->pty->lock);
    const struct linux_termios t = r->pty->line.termios;
    host_mutex_unlock(&r->pty->lock);
    return put(r, &t, size_of_termios(r));
}

/* Bits of CBAUD to bits per second, in the order of their numbers; those above 15 have CBAUDEX (010000). */
static const uint32_t speeds[] = {0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
static const uint32_t high_speeds[] = {0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
                                       2000000, 2500000, 3000000, 3500000, 4000000};

static void set_speeds(struct linux_termios *t, bool given) {
    const uint32_t baud = t->cflag & CBAUD;
    if (given && baud == BOTHER) return;
    t->output_speed = baud & 010000 ? high_speeds[baud & 15] : speeds[baud & 15];
    t->input_speed = t->output_speed;
}

static int64_t set_termios(const struct request_call *r) {
    struct linux_termios t = {0};
    const int64_t err = get(r, &t, size_of_termios(r));
    if (err) return err;
    set_speeds(&t, with_speeds(r));
    host_mutex_lock(&r->pty->lock);
    if (r->call->cmd == TCSETSF || r->call->cmd == TCSETSF2) {
        tty_line_flush_input(&r->pty->line);
        byte_ring_clear(&r->pty->typed);
    }
    tty_line_set(&r->pty->line, &t);
    host_mutex_unlock(&r->pty->lock);
    pty_changed(r->pty);
    return 0;
}

static int64_t get_size(const struct request_call *r) {
    host_mutex_lock(&r->pty->lock);
    const struct linux_winsize size = r->pty->size;
    host_mutex_unlock(&r->pty->lock);
    return put(r, &size, sizeof size);
}

static int64_t set_size(const struct request_call *r) {
    struct linux_winsize size;
    const int64_t err = get(r, &size, sizeof size);
    if (err) return err;
    host_mutex_lock(&r->pty->lock);
    const bool changed = memcmp(&size, &r->pty->size, sizeof size) != 0;
    r->pty->size = size;
    host_mutex_unlock(&r->pty->lock);
    if (changed) tty_signal_foreground(&r->pty->tty, SIGWINCH);
    return 0;
}

/* Output is never on its way: it lies with the master. */
static int64_t send_break(const struct request_call *r) {
    return 0;
}

/* TCIOFF and TCION type STOP or START at the other side. */
static void type_key(struct pty *pty, enum termios_cc key) {
    if (pty->line.termios.cc[key]) tty_output_raw(&pty->line, pty->line.termios.cc[key]);
}

static int64_t flow(const struct request_call *r) {
    struct pty *pty = r->pty;
    if (r->call->arg > 3) return -EINVAL;
    host_mutex_lock(&pty->lock);
    switch (r->call->arg) {
    case 0: tty_line_stop(&pty->line); break;
    case 1: tty_line_start(&pty->line); break;
    case 2: type_key(pty, VSTOP); break;
    default: type_key(pty, VSTART);
    }
    host_mutex_unlock(&pty->lock);
    pty_changed(pty);
    return 0;
}

/* The master's input is the terminal's output. */
static int64_t flush(const struct request_call *r) {
    struct pty *pty = r->pty;
    if (r->call->arg > 2) return -EINVAL;
    const bool input = r->call->arg != 1, output = r->call->arg != 0;
    host_mutex_lock(&pty->lock);
    if (r->master ? input : output) tty_line_flush_output(&pty->line);
    if (r->master ? output : input) {
        if (!r->master) tty_line_flush_input(&pty->line);
        byte_ring_clear(&pty->typed);
    }
    host_mutex_unlock(&pty->lock);
    pty_changed(pty);
    return 0;
}

static int64_t output_queued(const struct request_call *r) {
    return put_int(r, 0);
}

static int64_t available(const struct request_call *r) {
    host_mutex_lock(&r->pty->lock);
    const uint32_t n = tty_line_available(&r->pty->line);
    host_mutex_unlock(&r->pty->lock);
    return put_int(r, (int32_t)n);
}

static int64_t set_exclusive(const struct request_call *r) {
    host_mutex_lock(&r->pty->lock);
    r->pty->exclusive = r->call->cmd == TIOCEXCL;
    host_mutex_unlock(&r->pty->lock);
    return 0;
}

static int64_t get_exclusive(const struct request_call *r) {
    return put_int(r, r->pty->exclusive);
}

static int64_t get_discipline(const struct request_call *r) {
    return put_int(r, 0);
}

static int64_t set_discipline(const struct request_call *r) {
    int32_t number;
    const int64_t err = get(r, &number, sizeof number);
    return err ? err : number == 0 ? 0 : -EINVAL;
}

static const struct request {
    unsigned cmd;
    bool changes; /* a background process needs leave */
    int64_t (*fn)(const struct request_call *r);
} requests[] = {
    {TCGETS, false, get_termios},      {TCGETS2, false, get_termios},   {TCSETS, true, set_termios},
    {TCSETSW, true, set_termios},      {TCSETSF, true, set_termios},    {TCSETS2, true, set_termios},
    {TCSETSW2, true, set_termios},     {TCSETSF2, true, set_termios},   {TIOCGWINSZ, false, get_size},
    {TIOCSWINSZ, false, set_size},     {TCSBRK, true, send_break},      {TCSBRKP, true, send_break},
    {TCXONC, true, flow},              {TCFLSH, true, flush},           {TIOCOUTQ, false, output_queued},
    {FIONREAD, false, available},      {TIOCEXCL, false, set_exclusive}, {TIOCNXCL, false, set_exclusive},
    {TIOCGEXCL, false, get_exclusive}, {TIOCGETD, false, get_discipline}, {TIOCSETD, true, set_discipline},
};

int64_t pty_ioctl(struct pty *pty, bool master, const struct ioctl_call *call) {
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        if (requests[i].cmd != call->cmd) continue;
        const int err = requests[i].changes && !master ? tty_check(&pty->tty, call->self, SIGTTOU) : 0;
        if (err) return err;
        return requests[i].fn(&(struct request_call){pty, master, call});
    }
    return -ENOTTY;
}
