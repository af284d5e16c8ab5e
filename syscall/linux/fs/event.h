/* SPDX-License-Identifier: ISC */
/* eventfd(2): a counter to wait for. */
#pragma once

#include "syscall/linux/fs/file.h"

enum { EFD_SEMAPHORE = 1 };

/* flags: EFD_SEMAPHORE, O_NONBLOCK, O_CLOEXEC. Returns NULL without memory. */
struct file *event_file_new(struct vfs *vfs, unsigned initial, int flags);
