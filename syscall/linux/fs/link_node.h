/* SPDX-License-Identifier: ISC */
/* The place that an open file is: what /proc/PID/fd/N leads to, and what dirfd with AT_EMPTY_PATH means. Opening it
 * opens the file's object again. */
#pragma once

#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/node.h"

/* Takes a count of file. Returns 0 or -E. */
int link_node_new(struct file *file, struct node **out);
/* The file behind such a node (borrowed), or NULL. */
struct file *link_node_file(struct node *node);
