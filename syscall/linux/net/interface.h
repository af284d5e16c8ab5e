/* SPDX-License-Identifier: ISC */
/* netdevice(7): requests about the network's interfaces, which any socket takes. */
#pragma once

#include "syscall/linux/fs/file.h"

struct net;

/* Answers an ioctl of a socket of that family that is about interfaces. -ENOTTY: it is not. */
int64_t interface_ioctl(const struct net *net, int family, const struct ioctl_call *call);
