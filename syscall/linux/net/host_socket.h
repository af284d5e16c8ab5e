/* SPDX-License-Identifier: ISC */
/* Sockets that are the host's: inet, inet6, netlink, and unix sockets that lead to a server of the host. */
#pragma once

#include "syscall/linux/net/socket.h"

int host_socket_open(struct net *net, int family, int type, int protocol, int flags, struct file **out);
int host_socket_open_pair(struct net *net, int family, int type, int protocol, int flags, struct file *out[2]);
/* A file over any host descriptor, which moves to it, also on failure: a socket, or what host_open_fd makes of it. */
int host_socket_adopt(struct net *net, int fd, int flags, struct file **out);
/* Rights to send to the host, and rights that came from it, for host_socket.c. See host_control.c. */
int host_control_fill(const struct socket_control *control, unsigned char *out, size_t room, size_t *size);
int host_control_take(struct net *net, struct socket_message *message, const unsigned char *bytes, size_t size);
