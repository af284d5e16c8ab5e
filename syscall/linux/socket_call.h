/* SPDX-License-Identifier: ISC */
/* What the socket handlers share: the socket behind a descriptor, and addresses in guest memory. */
#pragma once

#include "syscall/linux/call.h"
#include "syscall/linux/net/socket.h"

/* The socket behind a descriptor, its file counted for the caller; NULL and *err = -EBADF, -ENOTSOCK. */
struct socket *socket_arg(struct task *task, uint64_t fd, int *err);
/* An address argument. Returns 0, -EINVAL, -EFAULT. */
int socket_fetch_address(struct task *task, uint64_t gva, uint64_t size, struct socket_address *out);
/* Writes an address and its size back as accept(2) says. gva 0: nobody asks. */
int socket_store_address(struct task *task, uint64_t gva, uint64_t size_gva, const struct socket_address *address);
/* The same into room bytes at gva, without the size. */
int socket_copy_address(struct task *task, uint64_t gva, uint32_t room, const struct socket_address *address);
