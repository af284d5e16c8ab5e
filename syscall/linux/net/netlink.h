/* SPDX-License-Identifier: ISC */
/* rtnetlink(7) of a machine whose network is its own (--net=loopback, --net=none): it has the interface lo and nothing else, and nothing
 * can be changed. */
#pragma once

#include "syscall/linux/net/socket.h"

int netlink_socket_new(struct net *net, int type, int protocol, int flags, struct file **out);
