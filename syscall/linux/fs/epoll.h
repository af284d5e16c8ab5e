/* SPDX-License-Identifier: ISC */
/* epoll(7): a set of watched files and which of them are ready. Files of ours tell us by their wait queues; host
 * descriptors are kept in a readiness set of the host, so edges and one-shots work for both. */
#pragma once

#include "syscall/linux/fs/file.h"

/* Returns 0, -ENOMEM, -EMFILE, -ENFILE. */
int epoll_file_new(struct vfs *vfs, struct file **out);
bool file_is_epoll(const struct file *file);
/* op: EPOLL_CTL_*. fd: the number target was named by; file and number together are the key.
 * Returns 0, -EEXIST, -ENOENT, -EINVAL, -EPERM, -ELOOP, -ENOMEM. */
int epoll_control(struct file *epoll, int op, struct file *target, int fd, const struct linux_epoll_event *event);
/* Waits for events, at most max. Returns how many, 0 at the deadline, -EINTR or -E. */
int epoll_wait_events(struct file *epoll, struct linux_epoll_event *out, int max, int64_t deadline_ns,
                      struct sched_thread *self);
