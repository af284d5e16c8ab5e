/* SPDX-License-Identifier: ISC */
/* Named pipes: the name is the host's, the pipe is ours, found by the name's identity (dev, ino). */
#pragma once

#include "syscall/linux/fs/host_node.h"

struct fifo;
struct fifo_table;

struct fifo_table *fifo_table_new(void);
void fifo_table_free(struct fifo_table *table);
/* Opens an end; waits for the other one as fifo(7) says. Returns 0, -ENXIO, -EACCES, -ERESTARTSYS, -ENOMEM. */
int fifo_open(const struct vfs_caller *caller, struct host_node *node, int flags, struct file **out);
/* For the release of an end. */
void fifo_put(struct vfs *vfs, struct fifo *fifo);
