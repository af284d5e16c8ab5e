/* SPDX-License-Identifier: ISC */
/* What the socket handlers share: the host socket behind a descriptor, addresses, waiting. */
#pragma once

#include "host/socket.h"
#include "syscall/linux/abi/socket.h"
#include "syscall/linux/call.h"

/* The file and host socket behind a descriptor; *file to be put by the caller. -EBADF, -ENOTSOCK. */
int socket_arg(struct task *task, uint64_t fd, struct file **file);
/* An address argument; names of unix sockets become the host's. Returns the size or -E. */
int socket_fetch_address(struct task *task, uint64_t gva, uint64_t size, unsigned char out[HOST_SOCKET_ADDRESS_MAX]);
/* Writes an address and its size back as accept(2) says. gva 0: nobody asks. */
int socket_store_address(struct task *task, uint64_t gva, uint64_t size_gva, unsigned char *address, uint32_t size);
/* The same into room bytes at gva. */
int socket_copy_address(struct task *task, uint64_t gva, uint32_t room, unsigned char *address, uint32_t *size);
/* Sleeps until the socket has one of events. option: SO_RCVTIMEO or SO_SNDTIMEO, which limit the wait.
 * Returns 0, -EAGAIN (time is over), -ERESTARTSYS, -EINTR (a limited wait is not restarted) or -E. */
int socket_wait(struct task *task, int host, short events, int option);
static inline bool socket_blocks(const struct file *file, int flags) {
    return !(flags & MSG_DONTWAIT) && !(atomic_load(&file->flags) & O_NONBLOCK);
}
