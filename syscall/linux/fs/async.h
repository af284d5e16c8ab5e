/* SPDX-License-Identifier: ISC */
/* Files with O_ASYNC: somebody is told when there is something to read, or room to write. fcntl(2), F_SETOWN. Who that is and how is
 * the caller's business (sys_async.c): fs/ knows no processes. */
#pragma once

#include "syscall/linux/fs/file.h"

/* fd: the number under which O_ASYNC was set. cause: POLLIN, POLLPRI, POLLOUT, POLLERR or POLLHUP. On the timer thread, with vfs->watch_lock free and
 * no lock held; the file stays, but may have no count any more. */
typedef void async_tell(void *arg, struct file *file, int fd, unsigned cause);

/* Whether files of this kind tell anything. */
bool async_can(struct file *file);
/* From now on; again: changes nothing. self: who asks. Returns 0 or -ENOMEM. Locks: the caller holds none. */
int async_start(struct file *file, struct sched_thread *self, int fd, async_tell *tell, void *arg);
/* Until now; tell is not running any more when it returns. Not from tell. */
void async_stop(struct file *file);
/* What wakes those who wait for the file is another thing from now on. */
void async_changed(struct file *file);
