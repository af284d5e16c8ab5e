/* SPDX-License-Identifier: ISC */
/* The terminal's side: reading lines or bytes (VMIN, VTIME), writing to the screen. After the master has gone reads
 * end, writes are -EIO. Job control is asked first: a background reader gets SIGTTIN. */
#include "syscall/linux/fs/pty.h"

#include "base/error.h"
#include "syscall/linux/abi/signal.h"
#include "syscall/linux/fs/vfs.h"

enum { TENTH_NS = 100000000, WRITE_CHUNK = 2048 };

struct attempt {
    struct pty *pty;
    struct io *io;
    bool finished; /* the reader has what it came for */
};

/* Moves what is there, up to the end of a line. */
static int64_t read_locked(struct pty *pty, struct attempt *a) {
    struct tty_line *line = &pty->line;
    struct io *io = a->io;
    if (!tty_line_readable(line, false)) return pty->master_gone ? -EIO : -EAGAIN;
    bool end = false;
    while (!end && io->left && !io->fault) {
        const unsigned char *at;
        const uint32_t n = tty_line_front(line, (size_t)io->left, &at, &end);
        const uint32_t moved = (uint32_t)io_push(io, at, n);
        tty_line_take(line, moved, end && moved == n, io->left == 0);
        if (n == 0 && !end) break;
    }
    a->finished = a->finished || end || (line->termios.lflag & ICANON) || io->left == 0;
    return io->fault ? -EFAULT : 1;
}

static int64_t try_read(void *arg) {
    struct attempt *a = arg;
    host_mutex_lock(&a->pty->lock);
    const int64_t r = read_locked(a->pty, a);
    host_mutex_unlock(&a->pty->lock);
    return r;
}

/* What the attributes ask of a read. */
struct patience {
    uint32_t at_least;    /* bytes; 0: whatever is there */
    int64_t between_ns;   /* timer; 0: none */
    bool nothing;         /* do not wait at all */
};

static struct patience patience_of(struct pty *pty) {
    host_mutex_lock(&pty->lock);
    const struct linux_termios *t = &pty->line.termios;
    const int64_t time = (int64_t)t->cc[VTIME] * TENTH_NS;
    struct patience p = {.at_least = 1};
    if (!(t->lflag & ICANON)) p = (struct patience){t->cc[VMIN], time, !t->cc[VMIN] && !time};
    host_mutex_unlock(&pty->lock);
    return p;
}

static int64_t deadline_of(const struct patience *p, const struct sched_thread *self, bool first) {
    if (!p->between_ns || (first && p->at_least)) return SCHED_NEVER;
    return sched_deadline_after(self, p->between_ns);
}

static int64_t read_patiently(struct attempt *a, struct io *io) {
    const struct patience p = patience_of(a->pty);
    int64_t r;
    do {
        const int64_t deadline = deadline_of(&p, io->self, io_moved(io) == 0);
        r = wait_until(&a->pty->wait, io->self, io->nonblock || p.nothing, deadline, try_read, a);
        if (r == -EAGAIN && p.nothing) r = 0;
    } while (r > 0 && !a->finished && io_moved(io) < p.at_least);
    return r == -ETIMEDOUT || r > 0 ? 0 : r;
}

static bool is_hung_up(struct pty *pty) {
    host_mutex_lock(&pty->lock);
    const bool gone = pty->master_gone;
    host_mutex_unlock(&pty->lock);
    return gone;
}

static int64_t slave_read(struct file *file, struct io *io) {
    struct attempt a = {pty_of(file), io, false};
    if (is_hung_up(a.pty) || io->left == 0) return 0;
    int64_t r = tty_check(&a.pty->tty, io->self, SIGTTIN);
    if (r == 0) r = read_patiently(&a, io);
    pty_pump(a.pty);
    return io_result(io, r);
}

static int64_t write_locked(struct pty *pty, struct io *io) {
    unsigned char chunk[WRITE_CHUNK];
    if (pty->master_gone) return -EIO;
    for (size_t room; io->left && !io->fault && (room = tty_line_write_room(&pty->line)) != 0;) {
        const size_t n = io_pull(io, chunk, room < sizeof chunk ? room : sizeof chunk);
        tty_line_write(&pty->line, chunk, n);
    }
    if (io->fault) return -EFAULT;
    return io->left ? -EAGAIN : 0;
}

static int64_t try_write(void *arg) {
    const struct attempt *a = arg;
    const uint64_t before = a->io->left;
    host_mutex_lock(&a->pty->lock);
    const int64_t r = write_locked(a->pty, a->io);
    host_mutex_unlock(&a->pty->lock);
    if (a->io->left != before) wait_queue_wake_all(&a->pty->wait);
    return r;
}

static bool stops_background_output(struct pty *pty) {
    host_mutex_lock(&pty->lock);
    const bool stops = tty_has(pty->line.termios.lflag, TOSTOP);
    host_mutex_unlock(&pty->lock);
    return stops;
}

static int64_t slave_write(struct file *file, struct io *io) {
    struct attempt a = {pty_of(file), io, false};
    const int err = stops_background_output(a.pty) ? tty_check(&a.pty->tty, io->self, SIGTTOU) : 0;
    if (err) return err;
    return io_result(io, wait_until(&a.pty->wait, io->self, io->nonblock, SCHED_NEVER, try_write, &a));
}

static unsigned slave_poll(struct file *file, struct poll_table *table) {
    struct pty *pty = pty_of(file);
    unsigned events = 0;
    poll_table_add(table, &pty->wait);
    host_mutex_lock(&pty->lock);
    if (pty->master_gone) events = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
    if (tty_line_readable(&pty->line, true)) events |= POLLIN | POLLRDNORM;
    if (tty_line_write_room(&pty->line)) events |= POLLOUT | POLLWRNORM;
    host_mutex_unlock(&pty->lock);
    return events;
}

static int64_t slave_ioctl(struct file *file, const struct ioctl_call *call) {
    return is_hung_up(pty_of(file)) ? -EIO : pty_ioctl(pty_of(file), false, call);
}

static struct tty *slave_tty(struct file *file, bool *master) {
    *master = false;
    return &pty_of(file)->tty;
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static int reopen(struct file *file, int flags, struct file **out) {
    return pty_open_slave(pty_of(file), file->node, NULL, flags, out);
}

static void slave_release(struct file *file) {
    struct pty *pty = pty_of(file);
    host_mutex_lock(&pty->lock);
    if (--pty->n_slaves == 0) pty->exclusive = false;
    host_mutex_unlock(&pty->lock);
    wait_queue_wake_all(&pty->wait);
    tty_put(&pty->tty);
    file_fini(file);
    free(file);
}

const struct file_ops pty_slave_ops = {
    .kind = "pts", .read = slave_read, .write = slave_write, .ioctl = slave_ioctl, .poll = slave_poll,
    .tty = slave_tty, .reopen = reopen, .path = get_path, .release = slave_release,
};
