/* SPDX-License-Identifier: ISC */
/* Requests to host terminals, one row each, and FIONREAD of any host file. Who controls the terminal (TIOCSPGRP and
 * its like) is a matter of processes and lives above fs/. */
#include "syscall/linux/fs/host_file.h"

#include "base/error.h"
#include "host/file.h"
#include "host/terminal.h"
#include "syscall/linux/abi/ioctl.h"

#include <stddef.h>

static int64_t put(const struct ioctl_call *call, const void *value, size_t n) {
    return space_copy_out(call->space, call->arg, value, n);
}

static int64_t get_attributes(int fd, const struct ioctl_call *call) {
    struct host_termios t;
    const int r = host_terminal_get(fd, &t);
    return r ? r : put(call, &t, sizeof t);
}

static int64_t set_attributes(int fd, const struct ioctl_call *call) {
    struct host_termios t;
    int r = host_terminal_get(fd, &t);
    if (r == 0) r = space_copy_in(call->space, &t, call->arg, sizeof t);
    return r ? r : host_terminal_set(fd, (enum host_terminal_when)(call->cmd - TCSETS), &t);
}

static int64_t get_size(int fd, const struct ioctl_call *call) {
    struct host_winsize size;
    const int r = host_terminal_get_size(fd, &size);
    return r ? r : put(call, &size, sizeof size);
}

static int64_t set_size(int fd, const struct ioctl_call *call) {
    struct host_winsize size;
    const int r = space_copy_in(call->space, &size, call->arg, sizeof size);
    return r ? r : host_terminal_set_size(fd, &size);
}

static int64_t send_break(int fd, const struct ioctl_call *call) {
    return call->arg ? host_terminal_drain(fd) : host_terminal_break(fd, 0);
}

static int64_t flow(int fd, const struct ioctl_call *call) {
    return call->arg < 4 ? host_terminal_flow(fd, (int)call->arg) : -EINVAL;
}

static int64_t flush(int fd, const struct ioctl_call *call) {
    return call->arg < 3 ? host_terminal_flush(fd, (int)call->arg) : -EINVAL;
}

static int64_t output_queued(int fd, const struct ioctl_call *call) {
    const int64_t n = host_terminal_output_queued(fd);
    const int32_t value = (int32_t)n;
    return n < 0 ? n : put(call, &value, sizeof value);
}

static int64_t available(int fd, const struct ioctl_call *call) {
    const int64_t n = host_file_available(fd);
    const int32_t value = (int32_t)n;
    return n < 0 ? n : put(call, &value, sizeof value);
}

static const struct request {
    unsigned cmd;
    int64_t (*fn)(int fd, const struct ioctl_call *call);
} requests[] = {
    {TCGETS, get_attributes}, {TCSETS, set_attributes}, {TCSETSW, set_attributes}, {TCSETSF, set_attributes},
    {TIOCGWINSZ, get_size},   {TIOCSWINSZ, set_size},   {TCSBRK, send_break},      {TCSBRKP, send_break},
    {TCXONC, flow},           {TCFLSH, flush},          {TIOCOUTQ, output_queued}, {FIONREAD, available},
};

int64_t host_terminal_ioctl(struct file *file, const struct ioctl_call *call) {
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (requests[i].cmd == call->cmd) return requests[i].fn(host_file_of(file)->fd, call);
    }
    return -ENOTTY;
}
