/* SPDX-License-Identifier: ISC */
/* What changes in the host's files, by descriptor. Masks and the records that are read have Linux's numbers and layouts
 * (inotify(7)). A host without such a thing answers -ENOSYS. */
#pragma once

#include <stdint.h>

/* A new descriptor: readable when there are events, read with host_file_read_nowait. Returns it or -E. */
int host_notify_new(void);
/* Watches what fd refers to (O_PATH suffices). Returns the watch's number or -E. */
int host_notify_add(int notify, int fd, uint32_t mask);
int host_notify_remove(int notify, int watch);
