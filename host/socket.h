/* SPDX-License-Identifier: ISC */
/* Host sockets. Families, types, options, flags, addresses and control messages have Linux's numbers and layouts.
 * Every socket made here never blocks and never raises a signal. All return 0 or more, or -E. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_SOCKET_ADDRESS_MAX = 128 };

struct host_message {
    void *address;
    uint32_t address_size; /* received: the whole address, even if it was cut */
    void *data;
    size_t size;
    void *control;
    size_t control_size;   /* received: what came */
    int flags;             /* received: MSG_TRUNC ... */
};

int host_socket_new(int family, int type, int protocol);
int host_socket_pair(int family, int type, int protocol, int fds[2]);
int host_socket_bind(int fd, const void *address, uint32_t size);
/* Binds a unix socket to a path; its inode gets mode, less our umask. */
int host_socket_bind_path(int fd, const char *path, uint32_t mode);
int host_socket_connect(int fd, const void *address, uint32_t size);
int host_socket_listen(int fd, int backlog);
/* size: room, then the size of the whole address. */
int host_socket_accept(int fd, void *address, uint32_t *size);
int host_socket_name(int fd, bool peer, void *address, uint32_t *size);
int host_socket_shutdown(int fd, int how);
int host_socket_get_option(int fd, int level, int name, void *value, uint32_t *size);
int host_socket_set_option(int fd, int level, int name, const void *value, uint32_t size);
/* Without waiting: -EAGAIN. flags: MSG_*. */
int64_t host_socket_send(int fd, const struct host_message *message, int flags);
int64_t host_socket_receive(int fd, struct host_message *message, int flags);
/* A request of netdevice(7) or sockios about fd, with Linux's number; value: what it points at, in Linux's layout. */
int host_socket_request(int fd, unsigned request, void *value);
/* SIOCGIFCONF: records of struct ifreq into size bytes (NULL: only their size). Returns their size or -E. */
int64_t host_socket_interfaces(int fd, void *out, int32_t size);
