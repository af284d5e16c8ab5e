/* SPDX-License-Identifier: ISC */
/* /proc of one machine: what it says about the machine and its processes. */
#pragma once

struct kernel;
struct node;
struct vfs;

/* The tree, to be given to vfs_mount(vfs, "proc", ...). kernel: borrowed for the machine's life. Returns NULL without
 * memory. */
struct node *procfs_new(struct vfs *vfs, struct kernel *kernel);
