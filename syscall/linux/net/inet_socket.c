/* SPDX-License-Identifier: ISC */
/* inet sockets of our own as files. */
#include "base/error.h"
#include "syscall/linux/net/inet_private.h"

static int do_bind(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address) {
    struct inet_address local;
    int r = inet_parse(socket->family, address, &local);
    if (r == 0) r = inet_check_own(socket->net, &local);
    if (r) return r;
    const struct net_ids ids = net_identify(socket->net, caller->self);
    if (local.port && local.port < 1024 && ids.euid != 0) return -EACCES;
    return inet_bind(socket, &local);
}

static int do_connect(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address,
                      const struct socket_wait *wait) {
    return inet_connect(socket, address, wait);
}

static int do_listen(struct socket *socket, int backlog, struct sched_thread *self) {
    if (socket->type != SOCK_STREAM) return -EOPNOTSUPP;
    int r = inet_autobind(socket);
    if (r == 0) r = unix_listen(unix_end_of(socket), backlog, self);
    if (r == 0) inet_set_listening(unix_end_of(socket));
    return r;
}

static const struct file_ops file_ops;

static int do_accept(struct socket *socket, const struct socket_wait *wait, int flags, struct file **out,
                     struct socket_address *peer) {
    struct unix_end *end;
    const int r = unix_accept(unix_end_of(socket), wait, &end);
    if (r) return r;
    inet_format(socket->family, &end->inet->remote, peer);
    *out = unix_file_new(socket->net, &file_ops, end, socket->family, socket->protocol, flags);
    if (*out) unix_options_copy(socket_of(*out), socket);
    return *out ? 0 : -ENOMEM;
}

static int do_name(struct socket *socket, bool peer, struct socket_address *out) {
    struct unix_end *end = unix_end_of(socket);
    host_mutex_lock(&end->lock);
    const bool there = !peer || end->state == UNIX_CONNECTED;
    struct inet_address address = peer ? end->inet->remote : end->inet->local;
    host_mutex_unlock(&end->lock);
    inet_format(socket->family, &address, out);
    return there ? 0 : -ENOTCONN;
}

static int do_shutdown(struct socket *socket, int how) {
    struct unix_end *end = unix_end_of(socket);
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    host_mutex_lock(&end->lock);
    const bool connected = end->state == UNIX_CONNECTED;
    host_mutex_unlock(&end->lock);
    return connected ? unix_shutdown(end, how) : -ENOTCONN;
}

static int64_t do_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    if (socket->type == SOCK_DGRAM) return inet_datagram_send(socket, message, wait);
    message->address.size = 0;
    return unix_stream_send(unix_end_of(socket), message, wait);
}

static int64_t do_receive(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    if (message->flags & MSG_ERRQUEUE) return -EAGAIN; /* nothing ever waits there */
    if (socket->type == SOCK_DGRAM) return unix_datagram_receive(unix_end_of(socket), message, wait);
    return unix_stream_receive(unix_end_of(socket), message, wait);
}

static const struct socket_ops socket_ops = {
    .bind = do_bind, .connect = do_connect, .listen = do_listen, .accept = do_accept, .name = do_name,
    .shutdown = do_shutdown, .send = do_send, .receive = do_receive, .get_option = unix_get_option,
    .set_option = unix_set_option,
};

static const struct file_ops file_ops = {
    .kind = "socket", .socket = &socket_ops, .read = socket_read, .write = socket_write, .ioctl = unix_file_ioctl,
    .poll = unix_file_poll, .stat = unix_file_stat, .path = unix_file_path, .release = unix_file_release,
};

int inet_socket_new(struct net *net, int family, int type, int protocol, int flags, struct file **out) {
    const int usual = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
    if (type == SOCK_RAW) return -EPERM;
    if (type != SOCK_STREAM && type != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
    if (protocol && protocol != usual) return -EPROTONOSUPPORT;
    struct unix_end *end = inet_end_new(net, type, family, usual);
    *out = unix_file_new(net, &file_ops, end, family, usual, flags);
    return *out ? 0 : -ENOMEM;
}
