/* SPDX-License-Identifier: ISC */
/* What the handlers of file calls share: fetching paths, files and times from the calling task. */
#pragma once

#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/task.h"

struct guest_timespec;

static inline struct vfs_caller call_of(struct task *task) {
    return (struct vfs_caller){.fs = task->fs, .fds = task->fds, .task = task, .self = &task->sched};
}

/* A path argument. Returns 0, -EFAULT or -ENAMETOOLONG. */
static inline int call_path(struct task *task, char path[LINUX_PATH_MAX], uint64_t gva) {
    const int64_t n = copy_string_from_guest(task, path, gva, LINUX_PATH_MAX);
    return n < 0 ? (int)n : 0;
}

/* The file behind a descriptor argument, counted, or NULL (-EBADF). */
static inline struct file *call_file(struct task *task, uint64_t fd) {
    return fd_table_file(task->fds, (int)fd);
}

/* The same, but a description opened with O_PATH is no file for this call. */
struct file *call_open_file(struct task *task, uint64_t fd);

/* Resolves a path argument; at: AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH count. NULL paths are -EFAULT. */
int call_resolve(struct task *task, uint64_t dirfd, uint64_t path, unsigned at, struct node **out);
/* The host descriptor of what a path leads to. *node: to be put by the caller. -EROFS: not a host thing. */
int call_host_node(struct task *task, uint64_t dirfd, uint64_t path, unsigned at, struct node **node);

/* Installs a new file and returns its number, or err when file is NULL. */
int64_t call_install(struct task *task, struct file *file, bool cloexec, int err);

/* A file was or may have been cut (O_TRUNC, ftruncate): mapped pages past its end go. */
void call_file_cut(struct task *task, struct file *file);

/* Bytes of a file changed: code that was taken from them is forgotten. n <= 0: nothing. offset: IO_AT_POSITION: anywhere. */
void call_file_written(struct task *task, struct file *file, int64_t offset, int64_t n);

/* RLIMIT_FSIZE: makes a write to a regular file end at the limit. One that begins there: -EFBIG, and SIGXFSZ. */
int call_limit_write(struct task *task, struct file *file, struct io *io);
/* The same for a file that is to have a new size. */
int call_limit_size(struct task *task, uint64_t size);

/* A relative timeout in guest memory as a deadline on the monotonic clock; gva 0: never. Returns 0, -EFAULT, -EINVAL. */
int call_deadline(struct task *task, uint64_t gva, int64_t *deadline_ns);
/* now + ns without overflow. */
int64_t call_deadline_after(const struct task *task, int64_t ns);
