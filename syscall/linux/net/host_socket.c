/* SPDX-License-Identifier: ISC */
/* Host sockets as files. The host socket never blocks; waiting is sched_block_poll, so that a guest's signal ends it. */
#include "syscall/linux/net/host_socket.h"

#include "base/error.h"
#include "host/file.h"
#include "host/poll.h"
#include "host/socket.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/host_open.h"
#include "syscall/linux/net/interface.h"
#include "syscall/linux/net/net.h"

#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 1 << 20 };

struct host_socket {
    struct socket socket;
    int fd; /* immutable; owned */
};

static int fd_of(struct socket *socket) {
    return ((struct host_socket *)socket)->fd;
}

/* Sleeps until the host has one of events. Returns 0, -EAGAIN, -ERESTARTSYS, -EINTR or -E. */
static int wait_for(int fd, short events, const struct socket_wait *wait) {
    struct host_pollfd poll = {.fd = fd, .events = events};
    if (wait->nonblock) return -EAGAIN;
    while (!poll.revents) {
        int r = sched_block_poll(wait->self, &poll, 1, wait->deadline_ns);
        if (r == -EINTR) r = -ERESTARTSYS;
        if (r) return (int)socket_wait_result(wait, r);
    }
    return 0;
}

static int host_bind(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address) {
    return host_socket_bind(fd_of(socket), address->bytes, address->size);
}

/* Waits for the connection that was begun. The host tells how it went when it is asked to connect once more. */
static int finish_connect(int fd, const struct socket_address *address, const struct socket_wait *wait) {
    int r = wait_for(fd, POLLOUT, wait);
    if (r == -EAGAIN) return -EINPROGRESS;
    if (r == 0) r = host_socket_connect(fd, address->bytes, address->size);
    return r == -EISCONN ? 0 : r;
}

static int host_connect(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address,
                        const struct socket_wait *wait) {
    const int fd = fd_of(socket);
    int r = host_socket_connect(fd, address->bytes, address->size);
    if (wait->nonblock) return r;
    if (r == -EINPROGRESS || r == -EALREADY) return finish_connect(fd, address, wait);
    /* A unix listener of the host whose queue is full: the host has no event for room in it. */
    while (r == -EAGAIN && sched_now_ns(wait->self) < wait->deadline_ns) {
        r = sched_block(wait->self, sched_deadline_after(wait->self, 1000000)) == -EINTR
                ? -ERESTARTSYS
                : host_socket_connect(fd, address->bytes, address->size);
    }
    return (int)socket_wait_result(wait, r);
}

static int host_listen(struct socket *socket, int backlog, struct sched_thread *self) {
    return host_socket_listen(fd_of(socket), backlog);
}

static const struct file_ops file_ops;

/* A new socket over fd, which moves to it, also on failure. */
static int make(struct net *net, int fd, const struct socket *like, int flags, struct file **out) {
    struct host_socket *host = calloc(1, sizeof *host);
    if (!host) {
        host_file_close(fd);
        return -ENOMEM;
    }
    socket_init(&host->socket, net, &file_ops, flags);
    host->socket.family = like->family;
    host->socket.type = like->type;
    host->socket.protocol = like->protocol;
    host->fd = fd;
    *out = &host->socket.file;
    return 0;
}

static int host_accept(struct socket *socket, const struct socket_wait *wait, int flags, struct file **out,
                       struct socket_address *peer) {
    const int fd = fd_of(socket);
    for (;;) {
        peer->size = sizeof peer->bytes;
        int r = host_socket_accept(fd, peer->bytes, &peer->size);
        if (r >= 0) return make(socket->net, r, socket, flags, out);
        if (r == -EAGAIN) r = wait_for(fd, POLLIN, wait);
        if (r) return r;
    }
}

static int host_name(struct socket *socket, bool peer, struct socket_address *out) {
    out->size = sizeof out->bytes;
    return host_socket_name(fd_of(socket), peer, out->bytes, &out->size);
}

static int host_shutdown(struct socket *socket, int how) {
    return host_socket_shutdown(fd_of(socket), how);
}

/* The host's form of a message: its parts borrow from the parcel. */
struct parcel {
    struct host_message message;
    unsigned char control[SOCKET_CONTROL_MAX];
};

static struct parcel *parcel_new(struct socket_message *message) {
    struct parcel *parcel = malloc(sizeof *parcel);
    if (!parcel) return NULL;
    const size_t size = message->io->left < DATA_MAX ? (size_t)message->io->left : DATA_MAX;
    parcel->message = (struct host_message){.data = malloc(size ? size : 1), .size = size, .control = parcel->control};
    if (parcel->message.data) return parcel;
    free(parcel);
    return NULL;
}

static void parcel_free(struct parcel *parcel) {
    free(parcel->message.data);
    free(parcel);
}

static int64_t send_some(int fd, const struct parcel *parcel, int flags, const struct socket_wait *wait) {
    for (;;) {
        const int64_t n = host_socket_send(fd, &parcel->message, flags);
        if (n != -EAGAIN) return n;
        const int r = wait_for(fd, POLLOUT, wait);
        if (r) return r;
    }
}

/* A stream takes what it has room for: the rest is sent as room comes. */
static int64_t send_all(struct socket *socket, struct parcel *parcel, struct socket_message *message,
                        const struct socket_wait *wait) {
    struct io *io = message->io;
    const size_t size = parcel->message.size;
    do {
        const struct io before = *io;
        const size_t n = io_pull(io, parcel->message.data, size);
        if (io->fault && socket->type != SOCK_STREAM) return -EFAULT;
        if (io->fault && n == 0) return io_result(io, -EFAULT);
        parcel->message.size = n;
        const int64_t sent = send_some(fd_of(socket), parcel, message->flags, wait);
        if (sent < (int64_t)n) io_unpull(io, &before, sent > 0 ? (size_t)sent : 0);
        if (sent < 0) return io_result(io, sent);
        if (socket->type != SOCK_STREAM) return sent;
        parcel->message.control_size = 0;
    } while (io->left && !io->fault);
    return io_result(io, 0);
}

static int64_t host_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct parcel *parcel = parcel_new(message);
    if (!parcel) return -ENOMEM;
    int64_t r = host_control_fill(&message->control, parcel->control, sizeof parcel->control, &parcel->message.control_size);
    if (message->address.size) {
        parcel->message.address = message->address.bytes;
        parcel->message.address_size = message->address.size;
    }
    if (r == 0 && message->io->left > DATA_MAX && socket->type != SOCK_STREAM) r = -EMSGSIZE;
    if (r == 0) r = send_all(socket, parcel, message, wait);
    parcel_free(parcel);
    return r;
}

static int64_t receive_some(int fd, struct parcel *parcel, int flags, const struct socket_wait *wait) {
    const struct host_message before = parcel->message;
    for (;;) {
        const int64_t n = host_socket_receive(fd, &parcel->message, flags);
        if (n != -EAGAIN || flags & MSG_ERRQUEUE) return n;
        const int r = wait_for(fd, POLLIN, wait);
        if (r) return r;
        parcel->message = before;
    }
}

/* What was received goes to the guest. Returns n or -E. */
static int64_t unpack(struct socket *socket, struct parcel *parcel, struct socket_message *message, int64_t n) {
    const size_t size = (size_t)n < parcel->message.size ? (size_t)n : parcel->message.size;
    const bool thrown_away = message->flags & MSG_TRUNC && socket->type == SOCK_STREAM;
    message->address.size = parcel->message.address_size;
    message->flags = (message->flags & MSG_CMSG_CLOEXEC) | (parcel->message.flags & ~MSG_CMSG_CLOEXEC);
    const int r = host_control_take(socket->net, message, parcel->control, parcel->message.control_size);
    if (r) return r;
    if (!thrown_away) io_push(message->io, parcel->message.data, size);
    return message->io->fault ? -EFAULT : n;
}

/* MSG_WAITALL: a host that never blocks gives what there is; ask for the rest. */
static int64_t receive_rest(struct socket *socket, struct parcel *parcel, struct io *io, int flags, int64_t n,
                            const struct socket_wait *wait) {
    while (io->left && !io->fault) {
        parcel->message.size = io->left < DATA_MAX ? (size_t)io->left : DATA_MAX;
        parcel->message.address_size = 0;
        parcel->message.control_size = 0;
        const int64_t more = receive_some(fd_of(socket), parcel, flags, wait);
        if (more <= 0) break;
        io_push(io, parcel->message.data, (size_t)more);
        n += more;
    }
    return n;
}

static int64_t host_receive(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct parcel *parcel = parcel_new(message);
    if (!parcel) return -ENOMEM;
    const int flags = message->flags;
    const size_t wanted = message->control.raw_room;
    parcel->message.address = message->address.bytes;
    parcel->message.address_size = sizeof message->address.bytes;
    parcel->message.control_size = wanted < sizeof parcel->control ? wanted : sizeof parcel->control;
    int64_t r = receive_some(fd_of(socket), parcel, flags & ~MSG_WAITALL, wait);
    if (r >= 0) r = unpack(socket, parcel, message, r);
    const bool rest = flags & MSG_WAITALL && !(flags & (MSG_PEEK | MSG_TRUNC | MSG_ERRQUEUE)) && socket->type == SOCK_STREAM;
    if (r > 0 && rest && !wait->nonblock) r = receive_rest(socket, parcel, message->io, flags & ~MSG_WAITALL, r, wait);
    parcel_free(parcel);
    return r;
}

/* Options whose value holds addresses of the caller's memory. */
static bool holds_pointers(int level, int name) {
    return level == SOL_SOCKET && (name == SO_ATTACH_FILTER || name == SO_ATTACH_BPF || name == SO_ATTACH_REUSEPORT_CBPF ||
                                   name == SO_ATTACH_REUSEPORT_EBPF);
}

static int host_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size) {
    if (holds_pointers(level, name)) return -ENOPROTOOPT;
    return host_socket_set_option(fd_of(socket), level, name, value, size);
}

static int host_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size) {
    return host_socket_get_option(fd_of(socket), level, name, value, size);
}

/* FIONREAD, SIOCOUTQ and SIOCATMARK give a number. */
static int64_t host_ioctl(struct file *file, const struct ioctl_call *call) {
    struct socket *socket = socket_of(file);
    int32_t value = 0;
    if (call->cmd != FIONREAD && call->cmd != TIOCOUTQ && call->cmd != SIOCATMARK) return interface_ioctl(socket->net, socket->family, call);
    const int r = host_socket_request(fd_of(socket), call->cmd, &value);
    return r < 0 ? r : space_copy_out(call->space, call->arg, &value, sizeof value);
}

static unsigned host_poll_file(struct file *file, struct poll_table *table) {
    const int fd = fd_of(socket_of(file));
    const unsigned all = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND | POLLRDHUP;
    const unsigned events = table ? table->events : all;
    struct host_pollfd poll = {.fd = fd, .events = (short)events};
    const int r = host_poll(&poll, 1, 0);
    poll_table_add_host(table, fd, events);
    return r > 0 ? (unsigned)poll.revents : 0;
}

static int get_stat(struct file *file, struct linux_stat *out) {
    struct host_stat stat;
    const int r = host_file_stat(fd_of(socket_of(file)), &stat);
    if (r == 0) linux_stat_from_host(file->vfs, out, &stat);
    return r;
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_host_path(file->vfs, fd_of(socket_of(file)), out, size);
}

static int get_fd(struct file *file) {
    return fd_of(socket_of(file));
}

static void release(struct file *file) {
    host_file_close(fd_of(socket_of(file)));
    file_fini(file);
    free(file);
}

static const struct socket_ops socket_ops = {
    .bind = host_bind, .connect = host_connect, .listen = host_listen, .accept = host_accept, .name = host_name,
    .shutdown = host_shutdown, .send = host_send, .receive = host_receive, .get_option = host_get_option,
    .set_option = host_set_option,
};

static const struct file_ops file_ops = {
    .kind = "socket", .socket = &socket_ops, .read = socket_read, .write = socket_write, .ioctl = host_ioctl,
    .poll = host_poll_file, .stat = get_stat, .path = get_path, .host_fd = get_fd, .release = release,
};

int host_socket_open(struct net *net, int family, int type, int protocol, int flags, struct file **out) {
    if (family != AF_UNIX && family != AF_INET && family != AF_INET6 && family != AF_NETLINK) return -EAFNOSUPPORT;
    const struct socket like = {.family = family, .type = type, .protocol = protocol};
    const int fd = host_socket_new(family, type, protocol);
    return fd < 0 ? fd : make(net, fd, &like, flags, out);
}

int host_socket_open_pair(struct net *net, int family, int type, int protocol, int flags, struct file *out[2]) {
    const struct socket like = {.family = family, .type = type, .protocol = protocol};
    int fds[2];
    if (family != AF_INET && family != AF_INET6 && family != AF_NETLINK) return -EAFNOSUPPORT;
    int r = host_socket_pair(family, type, protocol, fds);
    if (r) return r;
    r = make(net, fds[0], &like, flags, &out[0]);
    const int second = make(net, fds[1], &like, flags, &out[1]);
    if (r == 0 && second) file_put(out[0]);
    if (r && second == 0) file_put(out[1]);
    return r ? r : second;
}

static int number_option(int fd, int name) {
    int32_t value = 0;
    uint32_t size = sizeof value;
    return host_socket_get_option(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

int host_socket_adopt(struct net *net, int fd, int flags, struct file **out) {
    struct host_stat stat;
    if (host_file_stat(fd, &stat) || (stat.mode & S_IFMT) != S_IFSOCK || flags & O_PATH) {
        return host_open_fd(net_vfs(net), fd, flags, out);
    }
    const struct socket like = {.family = number_option(fd, SO_DOMAIN), .type = number_option(fd, SO_TYPE),
                                .protocol = number_option(fd, SO_PROTOCOL)};
    return make(net, fd, &like, flags, out);
}

int net_adopt(struct net *net, int host_fd, struct file **out) {
    const int flags = host_file_get_flags(host_fd);
    const int fd = flags < 0 ? flags : host_file_dup(host_fd);
    return fd < 0 ? fd : host_socket_adopt(net, fd, flags & ~O_NONBLOCK, out);
}
