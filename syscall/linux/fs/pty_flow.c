/* SPDX-License-Identifier: ISC */
/* From the master's bytes to the line discipline. Signals go out with no lock held, right after the character that
 * asked for them and before the ones behind it. */
#include "syscall/linux/fs/pty.h"

#include "base/error.h"

/* One piece; returns the signal that it ended with. *moved: there may be more. */
static int feed_locked(struct pty *pty, bool *moved) {
    unsigned char *bytes;
    int signo = 0;
    const uint32_t n = byte_ring_front(&pty->typed, &bytes);
    const size_t taken = n ? tty_line_receive(&pty->line, bytes, n, &signo) : 0;
    byte_ring_take(&pty->typed, (uint32_t)taken);
    *moved = taken > 0;
    return signo;
}

void pty_pump(struct pty *pty) {
    bool moved = true, any = false;
    while (moved) {
        host_mutex_lock(&pty->lock);
        const int signo = feed_locked(pty, &moved);
        host_mutex_unlock(&pty->lock);
        any = any || moved;
        if (signo) tty_signal_foreground(&pty->tty, signo);
    }
    if (any) wait_queue_wake_all(&pty->wait);
}

void pty_changed(struct pty *pty) {
    pty_pump(pty);
    wait_queue_wake_all(&pty->wait);
}

int pty_type(struct pty *pty, unsigned char byte) {
    host_mutex_lock(&pty->lock);
    const bool taken = byte_ring_put(&pty->typed, byte);
    host_mutex_unlock(&pty->lock);
    pty_pump(pty);
    return taken ? 0 : -EAGAIN;
}
