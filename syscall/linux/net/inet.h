/* SPDX-License-Identifier: ISC */
/* inet and inet6 sockets that stay within the machine (--net=loopback, --net=none): TCP and UDP on 127.0.0.0/8 and ::1.
 * Nothing leaves; other addresses are unreachable, as in a network namespace with no interface but lo. */
#pragma once

#include "syscall/linux/net/socket.h"

int inet_socket_new(struct net *net, int family, int type, int protocol, int flags, struct file **out);
