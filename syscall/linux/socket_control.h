/* SPDX-License-Identifier: ISC */
/* Control messages (cmsg(3)) between guest memory and struct socket_control. */
#pragma once

#include "syscall/linux/socket_call.h"

/* Reads the control messages of sendmsg(2). raw: room for those of other kinds, SOCKET_CONTROL_MAX bytes. The files
 * stay the caller's to drop, also on failure. Returns 0 or -E. */
int socket_fetch_control(struct task *task, const struct socket *socket, const struct linux_msghdr *header,
                         unsigned char *raw, struct socket_control *control);
/* Writes what was received and gives files their numbers; sets header->control_size and MSG_CTRUNC in *flags. */
int socket_store_control(struct task *task, struct socket_control *control, struct linux_msghdr *header, int *flags);
