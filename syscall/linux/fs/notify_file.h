/* SPDX-License-Identifier: ISC */
/* inotify(7). All files that a guest can change or that others change under it are the host's, and its own operations on them are
 * host calls: so the host's watches see both. */
#pragma once

#include "syscall/linux/fs/file.h"

/* flags: O_NONBLOCK. Returns NULL and *err. */
struct file *notify_file_new(struct vfs *vfs, int flags, int *err);
bool file_is_notify(const struct file *file);
/* Returns the watch or -E. host_fd: what to watch. */
int notify_file_add(struct file *file, int host_fd, uint32_t mask);
int notify_file_remove(struct file *file, int watch);
