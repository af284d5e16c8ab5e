/* SPDX-License-Identifier: ISC */
/* The master's side: what it writes is typed at the terminal, what it reads is the screen. */
#include "syscall/linux/fs/pty.h"

#include "base/error.h"
#include "syscall/linux/fs/vfs.h"

struct attempt {
    struct pty *pty;
    struct io *io;
};

static uint8_t news_locked(const struct pty *pty) {
    return pty->packet ? pty->line.packet : 0;
}

static int64_t read_locked(struct pty *pty, struct io *io) {
    unsigned char *bytes;
    if (news_locked(pty)) {
        const uint8_t news = pty->line.packet;
        if (io_push(io, &news, 1)) pty->line.packet = 0;
        return io_result(io, -EFAULT);
    }
    if (!pty->line.output.used) return pty->slave_opened && pty->n_slaves == 0 ? -EIO : -EAGAIN;
    const uint8_t data = TIOCPKT_DATA;
    if (pty->packet) io_push(io, &data, 1);
    while (io->left && !io->fault && pty->line.output.used) {
        const uint32_t n = byte_ring_front(&pty->line.output, &bytes);
        byte_ring_take(&pty->line.output, (uint32_t)io_push(io, bytes, n < io->left ? n : (size_t)io->left));
    }
    return io_result(io, -EFAULT);
}

static int64_t try_read(void *arg) {
    const struct attempt *a = arg;
    host_mutex_lock(&a->pty->lock);
    const int64_t r = read_locked(a->pty, a->io);
    host_mutex_unlock(&a->pty->lock);
    return r;
}

static int64_t master_read(struct file *file, struct io *io) {
    struct attempt a = {pty_of(file), io};
    if (io->left == 0) return 0;
    const int64_t r = wait_until(&a.pty->wait, io->self, io->nonblock, SCHED_NEVER, try_read, &a);
    if (r > 0) wait_queue_wake_all(&a.pty->wait);
    return r;
}

static int64_t try_write(void *arg) {
    const struct attempt *a = arg;
    struct byte_ring *typed = &a->pty->typed;
    unsigned char *at;
    host_mutex_lock(&a->pty->lock);
    for (uint32_t room; a->io->left && !a->io->fault && (room = byte_ring_back(typed, &at)) != 0;) {
        typed->used += (uint32_t)io_pull(a->io, at, room < a->io->left ? room : (size_t)a->io->left);
    }
    host_mutex_unlock(&a->pty->lock);
    pty_pump(a->pty);
    if (a->io->fault) return -EFAULT;
    return a->io->left ? -EAGAIN : 0;
}

static int64_t master_write(struct file *file, struct io *io) {
    struct attempt a = {pty_of(file), io};
    if (io->left == 0) return 0;
    return io_result(io, wait_until(&a.pty->wait, io->self, io->nonblock, SCHED_NEVER, try_write, &a));
}

static unsigned master_poll(struct file *file, struct poll_table *table) {
    struct pty *pty = pty_of(file);
    unsigned events = 0;
    poll_table_add(table, &pty->wait);
    host_mutex_lock(&pty->lock);
    if (pty->line.output.used) events |= POLLIN | POLLRDNORM;
    if (news_locked(pty)) events |= POLLPRI | POLLIN | POLLRDNORM;
    if (byte_ring_room(&pty->typed)) events |= POLLOUT | POLLWRNORM;
    if (pty->slave_opened && pty->n_slaves == 0) events |= POLLHUP;
    host_mutex_unlock(&pty->lock);
    return events;
}

static int64_t put(const struct ioctl_call *call, int32_t value) {
    return space_copy_out(call->space, call->arg, &value, sizeof value);
}

static int64_t set_switch(const struct ioctl_call *call, struct pty *pty, bool *which) {
    int32_t on;
    const int r = space_copy_in(call->space, &on, call->arg, sizeof on);
    if (r) return r;
    host_mutex_lock(&pty->lock);
    if (which == &pty->packet && on && !pty->packet) pty->line.packet = 0;
    *which = on != 0;
    host_mutex_unlock(&pty->lock);
    return 0;
}

static int64_t send_signal(const struct ioctl_call *call, struct pty *pty) {
    if (call->arg < 1 || call->arg > 64) return -EINVAL;
    tty_signal_foreground(&pty->tty, (int)call->arg);
    return 0;
}

static int64_t master_ioctl(struct file *file, const struct ioctl_call *call) {
    struct pty *pty = pty_of(file);
    switch (call->cmd) {
    case TIOCGPTN: return put(call, pty->number);
    case TIOCSPTLCK: return set_switch(call, pty, &pty->locked);
    case TIOCGPTLCK: return put(call, pty->locked);
    case TIOCPKT: return set_switch(call, pty, &pty->packet);
    case TIOCGPKT: return put(call, pty->packet);
    case TIOCSIG: return send_signal(call, pty);
    case FIONREAD: return put(call, (int32_t)pty->line.output.used);
    default: return pty_ioctl(pty, true, call);
    }
}

static struct tty *master_tty(struct file *file, bool *master) {
    *master = true;
    return &pty_of(file)->tty;
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

/* /proc/self/fd/N of a master opens a new pair, as the same name would. */
static int reopen(struct file *file, int flags, struct file **out) {
    return pty_open_master(NULL, file->node, flags, out);
}

static void master_release(struct file *file) {
    struct pty *pty = pty_of(file);
    host_mutex_lock(&pty->lock);
    pty->master_gone = true;
    host_mutex_unlock(&pty->lock);
    wait_queue_wake_all(&pty->wait);
    tty_hang_up(&pty->tty);
    pty_leave(pty);
    tty_put(&pty->tty);
    file_fini(file);
    free(file);
}

const struct file_ops pty_master_ops = {
    .kind = "ptmx", .read = master_read, .write = master_write, .ioctl = master_ioctl, .poll = master_poll,
    .tty = master_tty, .reopen = reopen, .path = get_path, .release = master_release,
};

bool file_is_pty_master(const struct file *file) {
    return file->ops == &pty_master_ops;
}
