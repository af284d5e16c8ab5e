/* SPDX-License-Identifier: ISC */
/* Open files that are host descriptors: regular files, directories, devices, inherited pipes and sockets. */
#pragma once

#include "syscall/linux/fs/file.h"

struct host_node;
struct vfs_caller;

/* Makes an open file over a host descriptor, which moves to it, also on failure. flags: O_* of the guest.
 * A FIFO must not come here unless it is inherited: see fifo.h. */
int host_open_fd(struct vfs *vfs, int fd, int flags, struct file **out);
/* Opens a place of the host's tree. */
int host_open_node(const struct vfs_caller *caller, struct host_node *node, int flags, unsigned mode,
                   struct file **out);
/* Opens an O_PATH description of a place. */
int host_open_path(struct node *node, int flags, struct file **out);
/* The flags to hand to the host for the guest's flags. */
int host_open_flags(int flags);
