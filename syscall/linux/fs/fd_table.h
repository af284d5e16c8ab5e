/* SPDX-License-Identifier: ISC */
/* A process's descriptors: small numbers to counted files, and the close-on-exec bit. Counted, because CLONE_FILES
 * shares it; the sharers are threads, so every function takes the table's lock for a few instructions. */
#pragma once

#include "syscall/linux/fs/file.h"

#include <stdbool.h>
#include <stdint.h>

struct fd_table;

struct fd_table *fd_table_new(void);
struct fd_table *fd_table_get(struct fd_table *table);
/* The last put closes everything. */
void fd_table_put(struct fd_table *table);
/* A copy for fork, close-on-exec bits included. Returns NULL without memory. */
struct fd_table *fd_table_copy(struct fd_table *table);
/* exec: closes what is close-on-exec. The table must not be shared (see fd_table_unshare). */
void fd_table_exec(struct fd_table *table);
/* Returns table itself if nobody else holds it, else a copy (the count moves to it); NULL without memory. */
struct fd_table *fd_table_unshare(struct fd_table *table);
/* RLIMIT_NOFILE: numbers from limit on give -EMFILE (-EBADF for dup2). */
void fd_table_set_limit(struct fd_table *table, uint64_t limit);

/* The file behind fd, counted for the caller, or NULL (-EBADF). */
struct file *fd_table_file(struct fd_table *table, int fd);
/* Puts file at the lowest free number >= min. The count moves to the table, also on failure.
 * Returns fd, -EMFILE, -ENOMEM, -EINVAL (min beyond the limit). */
int fd_table_install(struct fd_table *table, struct file *file, int min, bool cloexec);
/* 0, or -EMFILE when no number is free now: for calls that must not take what they cannot give. */
int fd_table_check_room(struct fd_table *table);
/* Puts file at fd, closing what was there. The count moves, also on failure. Returns fd, -EBADF, -ENOMEM. */
int fd_table_install_at(struct fd_table *table, struct file *file, int fd, bool cloexec);
/* Returns 0 or -EBADF. */
int fd_table_close(struct fd_table *table, int fd);
/* close_range(2): closes, or only marks close-on-exec, all of [first, last]. */
void fd_table_close_range(struct fd_table *table, unsigned first, unsigned last, bool only_cloexec);
/* Two numbers at once, as pipe2(2) needs: both or none. The counts move, also on failure. */
int fd_table_install_pair(struct fd_table *table, struct file *files[2], bool cloexec, int fds[2]);
/* FD_CLOEXEC. Return 0/1 or -EBADF. */
int fd_table_get_cloexec(struct fd_table *table, int fd);
int fd_table_set_cloexec(struct fd_table *table, int fd, bool on);
/* The lowest descriptor in use >= from, or -1. For /proc/PID/fd. */
int fd_table_next(struct fd_table *table, int from);
