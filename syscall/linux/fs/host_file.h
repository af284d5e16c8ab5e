/* SPDX-License-Identifier: ISC */
/* The struct behind host_open.h, for the files host_*.c of fs/ only. */
#pragma once

#include "syscall/linux/fs/host_open.h"

struct host_file {
    struct file file;
    int fd;        /* owned, unless file.node owns it */
    uint32_t type; /* immutable: S_IFMT part of the mode */
    uint64_t dev, ino; /* immutable; 0 of those that are only places */
};

static inline struct host_file *host_file_of(struct file *file) {
    return (struct host_file *)file;
}

/* Regular files and whatever else never makes a reader wait. */
int64_t host_regular_read(struct file *file, struct io *io);
int64_t host_regular_write(struct file *file, struct io *io);
/* Terminals, pipes, sockets, devices: wait for readiness first. */
int64_t host_stream_read(struct file *file, struct io *io);
int64_t host_stream_write(struct file *file, struct io *io);
unsigned host_stream_poll(struct file *file, struct poll_table *table);
int host_directory_getdents(struct file *file, struct dir_sink *sink);
int64_t host_terminal_ioctl(struct file *file, const struct ioctl_call *call);
/* The same for the terminal that the machine was started on, with job control (host_tty.c). */
int64_t host_tty_read(struct file *file, struct io *io);
int64_t host_tty_write(struct file *file, struct io *io);
int64_t host_tty_ioctl(struct file *file, const struct ioctl_call *call);
struct tty *host_tty_of(struct file *file, bool *master);
