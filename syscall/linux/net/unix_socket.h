/* SPDX-License-Identifier: ISC */
/* Unix sockets of the machine's own: streams, datagrams and packets between its processes. One that connects to a path
 * or name that only the host serves leads to the host from then on. Source: unix(7). */
#pragma once

#include "syscall/linux/net/socket.h"

int unix_socket_new(struct net *net, int type, int protocol, int flags, struct file **out);
int unix_socket_new_pair(struct net *net, int type, int protocol, int flags, struct sched_thread *self, struct file *out[2]);
