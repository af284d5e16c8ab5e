/* SPDX-License-Identifier: ISC */
/* What all kinds of sockets share: waiting, plain reading and writing, making new ones. */
#include "syscall/linux/net/socket.h"

#include "base/error.h"
#include "syscall/linux/net/host_socket.h"
#include "syscall/linux/net/inet.h"
#include "syscall/linux/net/net.h"
#include "syscall/linux/net/netlink.h"
#include "syscall/linux/net/unix_socket.h"

#include <string.h>

struct socket *socket_of(struct file *file) {
    return file->ops->socket ? (struct socket *)file : NULL;
}

void socket_init(struct socket *socket, struct net *net, const struct file_ops *ops, int flags) {
    file_init(&socket->file, net_vfs(net), ops, O_RDWR | (flags & O_NONBLOCK));
    socket->net = net;
    atomic_init(&socket->receive_ns, 0);
    atomic_init(&socket->send_ns, 0);
}

static int64_t deadline_after(const struct sched_thread *self, int64_t ns) {
    return ns == 0 ? SCHED_NEVER : sched_deadline_after(self, ns);
}

struct socket_wait socket_wait_for(struct socket *socket, struct sched_thread *self, int flags, bool receiving) {
    const bool nonblock = flags & MSG_DONTWAIT || atomic_load(&socket->file.flags) & O_NONBLOCK || !self;
    const int64_t limit = atomic_load(receiving ? &socket->receive_ns : &socket->send_ns);
    return (struct socket_wait){.self = self, .nonblock = nonblock, .deadline_ns = deadline_after(self, limit)};
}

int64_t socket_wait_result(const struct socket_wait *wait, int64_t r) {
    if (r == -ETIMEDOUT) return -EAGAIN;
    return r == -ERESTARTSYS && wait->deadline_ns != SCHED_NEVER ? -EINTR : r;
}

void socket_message_init(struct socket_message *message, struct io *io, int flags) {
    message->caller = NULL;
    message->io = io;
    message->flags = flags;
    message->address.size = 0;
    message->control.n_files = 0;
    message->control.has_ids = false;
    message->control.raw = NULL;
    message->control.raw_size = message->control.raw_room = 0;
}

void socket_control_drop(struct socket_control *control) {
    while (control->n_files) file_put(control->files[--control->n_files]);
}

int64_t socket_read(struct file *file, struct io *io) {
    struct socket *socket = socket_of(file);
    struct socket_message message;
    if (io->left == 0) return 0;
    struct socket_wait wait = socket_wait_for(socket, io->self, 0, true);
    wait.nonblock |= io->nonblock;
    socket_message_init(&message, io, 0);
    const int64_t r = socket_ops_of(socket)->receive(socket, &message, &wait);
    socket_control_drop(&message.control);
    return r;
}

int64_t socket_write(struct file *file, struct io *io) {
    struct socket *socket = socket_of(file);
    struct socket_message message;
    struct socket_wait wait = socket_wait_for(socket, io->self, 0, false);
    wait.nonblock |= io->nonblock;
    socket_message_init(&message, io, 0);
    const int64_t r = socket_ops_of(socket)->send(socket, &message, &wait);
    if (r == -EPIPE && socket->type == SOCK_STREAM) io->broken = true;
    return r;
}

static int check_kind(int family, int type) {
    if (family < 0 || family >= AF_MAX) return -EAFNOSUPPORT;
    if (type < 0 || type >= SOCK_TYPE_COUNT) return -EINVAL;
    return 0;
}

int socket_new(struct net *net, int family, int type, int protocol, int flags, struct file **out) {
    const int r = check_kind(family, type);
    if (r) return r;
    if (family == AF_UNIX) return unix_socket_new(net, type, protocol, flags, out);
    if (family == AF_PACKET) return -EPERM;
    const bool inet = family == AF_INET || family == AF_INET6;
    if (net_reaches_host(net)) return host_socket_open(net, family, type, protocol, flags, out);
    if (inet) return inet_socket_new(net, family, type, protocol, flags, out);
    return family == AF_NETLINK ? netlink_socket_new(net, type, protocol, flags, out) : -EAFNOSUPPORT;
}

int socket_new_pair(struct net *net, int family, int type, int protocol, int flags, struct sched_thread *self,
                    struct file *out[2]) {
    const int r = check_kind(family, type);
    if (r) return r;
    if (family == AF_UNIX) return unix_socket_new_pair(net, type, protocol, flags, self, out);
    if (!net_reaches_host(net)) return family == AF_INET || family == AF_INET6 ? -EOPNOTSUPP : -EAFNOSUPPORT;
    return host_socket_open_pair(net, family, type, protocol, flags, out);
}
