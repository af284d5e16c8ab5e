/* SPDX-License-Identifier: ISC */
/* The host's terminal that the machine was started on, as a terminal of the guest: the host does the line discipline,
 * job control among the guest's groups is ours. Without a terminal there is none. */
#include "base/error.h"
#include "host/file.h"
#include "host/terminal.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/abi/signal.h"
#include "syscall/linux/fs/host_file.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>

#define CURRENT_TTY (5ull << 8) /* what stat(2) says of /dev/tty */

struct host_tty {
    struct tty tty;
    int fd; /* owned */
};

int host_tty_fd(const struct tty *tty) {
    return ((const struct host_tty *)tty)->fd;
}

bool host_tty_is(const struct tty *tty, uint64_t rdev) {
    return tty && (rdev == tty->rdev || rdev == CURRENT_TTY);
}

static int open_tty(struct tty *tty, struct node *node, int flags, struct file **out) {
    const int fd = host_file_reopen(host_tty_fd(tty), host_open_flags(flags));
    return fd < 0 ? fd : host_open_fd(tty->vfs, fd, flags, out);
}

static bool in_background(struct tty *tty) {
    return !host_terminal_in_foreground(host_tty_fd(tty));
}

static void release(struct tty *tty) {
    host_file_close(host_tty_fd(tty));
    free(tty);
}

static const struct tty_ops ops = {.open = open_tty, .machine_in_background = in_background, .release = release};

/* A descriptor of our controlling terminal, which one of the first three is, usually. */
static int find(void) {
    for (int fd = 0; fd < 3; fd++) {
        if (host_terminal_is_ours(fd)) return host_file_dup(fd);
    }
    return host_file_open_at(HOST_CWD, "/dev/tty", O_RDWR, 0);
}

static int number_of(uint64_t rdev) {
    const uint64_t major = rdev >> 8 & 0xfff, minor = (rdev & 0xff) | (rdev >> 12 & 0xfff00);
    return major >= PTY_MAJOR && major < PTY_MAJOR + 8 ? (int)((major - PTY_MAJOR) * 256 + minor) : -1;
}

struct tty *host_tty_new(struct vfs *vfs, int *number) {
    struct host_stat stat;
    const int fd = find();
    if (fd < 0) return NULL;
    struct host_tty *made = calloc(1, sizeof *made);
    if (!made || host_file_stat(fd, &stat) != 0) {
        host_file_close(fd);
        free(made);
        return NULL;
    }
    tty_init(&made->tty, vfs, &ops, stat.rdev);
    made->fd = fd;
    *number = number_of(stat.rdev);
    return &made->tty;
}

int64_t host_tty_read(struct file *file, struct io *io) {
    const int err = tty_check(file->vfs->terminal, io->self, SIGTTIN);
    return err ? err : host_stream_read(file, io);
}

static bool stops_background_output(struct file *file) {
    struct host_termios attributes;
    return host_terminal_get(host_file_of(file)->fd, &attributes) == 0 && (attributes.lflag & TOSTOP);
}

int64_t host_tty_write(struct file *file, struct io *io) {
    const int err = stops_background_output(file) ? tty_check(file->vfs->terminal, io->self, SIGTTOU) : 0;
    return err ? err : host_stream_write(file, io);
}

static bool changes(unsigned cmd) {
    return (cmd >= TCSETS && cmd <= TCSETSF) || cmd == TCSBRK || cmd == TCSBRKP || cmd == TCXONC || cmd == TCFLSH;
}

int64_t host_tty_ioctl(struct file *file, const struct ioctl_call *call) {
    const int err = changes(call->cmd) ? tty_check(file->vfs->terminal, call->self, SIGTTOU) : 0;
    return err ? err : host_terminal_ioctl(file, call);
}

struct tty *host_tty_of(struct file *file, bool *master) {
    *master = false;
    return file->vfs->terminal;
}
