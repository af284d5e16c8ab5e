/* SPDX-License-Identifier: ISC */
/* Unix sockets as files: every call goes to the end, or to the host's socket once the connection leads there. */
#include "base/error.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/fs/watch.h"
#include "syscall/linux/net/interface.h"
#include "syscall/linux/net/unix_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct socket *host_of(struct socket *socket) {
    return atomic_load(&unix_of(socket)->host);
}

static int do_bind(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address) {
    struct unix_end *end = unix_end_of(socket);
    if (host_of(socket)) return -EINVAL;
    const int r = unix_bind(end, caller, address);
    if (r == 0 && atomic_load(&end->gate)) watch_file_changed(&socket->file);
    return r;
}

/* Nobody of the machine has this address, but the host may. */
static bool may_be_hosts(const struct socket *socket, int64_t r, const struct node *place, const struct socket_address *address) {
    return r == -ECONNREFUSED && net_reaches_host(socket->net) && (place || (address->size > SOCKADDR_UN_NAME && !address->bytes[SOCKADDR_UN_NAME]));
}

static int do_connect(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address,
                      const struct socket_wait *wait) {
    struct node *place;
    struct socket *host = host_of(socket);
    if (host) return socket_ops_of(host)->connect(host, caller, address, wait);
    int r = unix_connect(unix_end_of(socket), caller, address, wait, &place);
    if (may_be_hosts(socket, r, place, address)) r = unix_host_connect(unix_of(socket), place, address, wait);
    node_put(place);
    return r;
}

static int do_listen(struct socket *socket, int backlog, struct sched_thread *self) {
    struct unix_end *end = unix_end_of(socket);
    if (host_of(socket)) return -EINVAL;
    int r = unix_listen(end, backlog, self);
    struct socket *gate = atomic_load(&end->gate);
    if (r || !gate) return r;
    r = socket_ops_of(gate)->listen(gate, backlog, self);
    watch_file_changed(&socket->file);
    return r;
}

static const struct file_ops file_ops;

static int do_accept(struct socket *socket, const struct socket_wait *wait, int flags, struct file **out,
                     struct socket_address *peer) {
    struct unix_end *end;
    if (host_of(socket)) return -EINVAL;
    *out = NULL;
    const int r = unix_gate_accept(unix_end_of(socket), wait, flags, &end, out, peer);
    if (r || *out) return r;
    struct unix_end *other = unix_end_peer(end);
    if (other) unix_name_of(other, peer);
    unix_end_put(other);
    *out = unix_file_new(socket->net, &file_ops, end, AF_UNIX, socket->protocol, flags);
    return *out ? 0 : -ENOMEM;
}

static int do_name(struct socket *socket, bool peer, struct socket_address *out) {
    struct socket *host = host_of(socket);
    const bool own = !peer && atomic_load(&unix_end_of(socket)->name);
    if (host && !own) return socket_ops_of(host)->name(host, peer, out);
    if (!peer) {
        unix_name_of(unix_end_of(socket), out);
        return 0;
    }
    struct unix_end *other = unix_end_peer(unix_end_of(socket));
    if (!other) return -ENOTCONN;
    unix_name_of(other, out);
    unix_end_put(other);
    return 0;
}

static int do_shutdown(struct socket *socket, int how) {
    struct socket *host = host_of(socket);
    struct socket *gate = atomic_load(&unix_end_of(socket)->gate);
    if (host) return socket_ops_of(host)->shutdown(host, how);
    const int r = unix_shutdown(unix_end_of(socket), how);
    if (r == 0 && gate) (void)socket_ops_of(gate)->shutdown(gate, how); /* not connected: its listening ends all the same */
    return r;
}

static int64_t do_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct socket *host = host_of(socket);
    struct node *place;
    if (host) return socket_ops_of(host)->send(host, message, wait);
    if (socket->type == SOCK_STREAM) return unix_stream_send(unix_end_of(socket), message, wait);
    int64_t r = unix_datagram_send(unix_end_of(socket), message, wait, &place);
    if (message->address.size && may_be_hosts(socket, r, place, &message->address)) {
        r = unix_host_send(unix_of(socket), place, message, wait);
    }
    node_put(place);
    return r;
}

static int64_t do_receive(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct socket *host = host_of(socket);
    if (host) return socket_ops_of(host)->receive(host, message, wait);
    if (socket->type == SOCK_STREAM) return unix_stream_receive(unix_end_of(socket), message, wait);
    return unix_gate_receive(unix_end_of(socket), message, wait);
}

static int do_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size) {
    struct socket *host = host_of(socket);
    if (host) return socket_ops_of(host)->get_option(host, level, name, value, size);
    return unix_get_option(socket, level, name, value, size);
}

static int do_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size) {
    struct socket *host = host_of(socket);
    if (host) return socket_ops_of(host)->set_option(host, level, name, value, size);
    struct socket *gate = atomic_load(&unix_end_of(socket)->gate);
    const int r = unix_set_option(socket, level, name, value, size);
    if (r == 0 && gate && level == SOL_SOCKET && name == SO_PASSCRED) return socket_set_option(gate, level, name, value, size);
    return r;
}

static int64_t unread(struct unix_end *end) {
    int64_t r = -EINVAL;
    host_mutex_lock(&end->lock);
    if (end->state != UNIX_LISTENING) {
        const bool first_only = end->type == SOCK_DGRAM && !list_empty(&end->packets);
        r = first_only ? CONTAINER_OF(end->packets.next, struct packet, node)->size : (int64_t)end->n_bytes;
    }
    host_mutex_unlock(&end->lock);
    return r;
}

static int64_t unsent(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    const int64_t used = end->used;
    host_mutex_unlock(&end->lock);
    return used;
}

int64_t unix_file_ioctl(struct file *file, const struct ioctl_call *call) {
    struct socket *socket = socket_of(file), *host = host_of(socket);
    if (host) return file_ioctl(&host->file, call);
    if (call->cmd != FIONREAD && call->cmd != TIOCOUTQ) return interface_ioctl(socket->net, socket->family, call);
    struct socket *gate = atomic_load(&unix_end_of(socket)->gate);
    if (gate && call->cmd == FIONREAD && socket->type == SOCK_DGRAM && unread(unix_end_of(socket)) == 0) return file_ioctl(&gate->file, call);
    const int64_t n = call->cmd == FIONREAD ? unread(unix_end_of(socket)) : unsent(unix_end_of(socket));
    const int32_t value = (int32_t)n;
    return n < 0 ? n : space_copy_out(call->space, call->arg, &value, sizeof value);
}

static unsigned events_locked(const struct unix_end *end) {
    unsigned events = 0;
    if (end->error) events |= POLLERR;
    if (end->shut == UNIX_SHUT_BOTH) events |= POLLHUP;
    if (end->shut & UNIX_SHUT_READ) events |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (!list_empty(&end->packets) || !list_empty(&end->pending)) events |= POLLIN | POLLRDNORM;
    if (end->type != SOCK_DGRAM && end->state == UNIX_CLOSED) events |= POLLHUP;
    if (end->state != UNIX_LISTENING && (uint64_t)end->used * 4 <= end->send_room) events |= POLLOUT | POLLWRNORM | POLLWRBAND;
    return events;
}

static bool is_full(struct unix_end *peer, const struct unix_end *end) {
    host_mutex_lock(&peer->lock);
    const bool full = !peer->dead && unix_full_locked(peer, end);
    host_mutex_unlock(&peer->lock);
    return full;
}

/* A connected datagram socket is writable only while its peer has room. */
static bool must_wait_for_peer(struct unix_end *end) {
    struct unix_end *peer = end->type == SOCK_DGRAM ? unix_end_peer(end) : NULL; /* inet ones have none */
    if (!peer) return false;
    bool full = is_full(peer, end);
    if (full) {
        unix_room_watch(end, peer);
        full = is_full(peer, end);
    }
    unix_end_put(peer);
    return full;
}

unsigned unix_file_poll(struct file *file, struct poll_table *table) {
    struct socket *socket = socket_of(file), *host = host_of(socket);
    struct unix_end *end = unix_end_of(socket);
    if (host) return file_poll(&host->file, table);
    poll_table_add(table, &end->read_wait);
    poll_table_add(table, &end->write_wait);
    host_mutex_lock(&end->lock);
    unsigned events = events_locked(end);
    host_mutex_unlock(&end->lock);
    if (events & POLLOUT && must_wait_for_peer(end)) events &= ~(unsigned)(POLLOUT | POLLWRNORM | POLLWRBAND);
    return events | unix_gate_poll(end, table);
}

int unix_file_stat(struct file *file, struct linux_stat *out) {
    *out = (struct linux_stat){
        .dev = dev_make(0, 8), .ino = unix_end_of(socket_of(file))->ino, .nlink = 1, .mode = S_IFSOCK | 0777, .blksize = 4096,
    };
    return 0;
}

int64_t unix_file_path(struct file *file, char *out, size_t size) {
    char text[40];
    const int n = snprintf(text, sizeof text, "socket:[%llu]", (unsigned long long)unix_end_of(socket_of(file))->ino);
    const size_t copied = (size_t)n < size ? (size_t)n : size;
    memcpy(out, text, copied);
    return (int64_t)copied;
}

static int do_host_fd(struct file *file) {
    struct socket *host = host_of(socket_of(file));
    return host ? file_host_fd(&host->file) : -1;
}

void unix_file_release(struct file *file) {
    struct unix_socket *socket = unix_of(socket_of(file));
    struct net *net = socket->socket.net;
    struct socket *host = atomic_load(&socket->host);
    if (host) file_put(&host->file);
    unix_end_close(socket->end);
    unix_end_put(socket->end);
    free((void *)socket->options);
    file_fini(file);
    free(socket);
    unix_rights_settle(net, true);
}

static const struct socket_ops socket_ops = {
    .bind = do_bind, .connect = do_connect, .listen = do_listen, .accept = do_accept, .name = do_name,
    .shutdown = do_shutdown, .send = do_send, .receive = do_receive, .get_option = do_get_option,
    .set_option = do_set_option,
};

static const struct file_ops file_ops = {
    .kind = "socket", .socket = &socket_ops, .read = socket_read, .write = socket_write, .ioctl = unix_file_ioctl,
    .poll = unix_file_poll, .stat = unix_file_stat, .path = unix_file_path, .host_fd = do_host_fd, .release = unix_file_release,
};

struct unix_end *unix_file_end(struct file *file) {
    return file->ops == &file_ops ? unix_end_of(socket_of(file)) : NULL;
}

struct file *unix_file_new(struct net *net, const struct file_ops *ops, struct unix_end *end, int family, int protocol, int flags) {
    struct unix_socket *socket = end ? calloc(1, sizeof *socket) : NULL;
    if (!socket || unix_options_new(socket)) {
        if (end) unix_end_close(end);
        unix_end_put(end);
        free(socket);
        return NULL;
    }
    socket_init(&socket->socket, net, ops, flags);
    socket->socket.family = family;
    socket->socket.type = end->type;
    socket->socket.protocol = protocol;
    socket->end = end;
    unix_enter(end, &socket->socket.file);
    return &socket->socket.file;
}

/* SOCK_RAW is another word for datagrams here. */
static int check_kind(int *type, int protocol) {
    if (protocol && protocol != AF_UNIX) return -EPROTONOSUPPORT;
    if (*type == SOCK_RAW) *type = SOCK_DGRAM;
    return *type == SOCK_STREAM || *type == SOCK_DGRAM || *type == SOCK_SEQPACKET ? 0 : -ESOCKTNOSUPPORT;
}

int unix_socket_new(struct net *net, int type, int protocol, int flags, struct file **out) {
    const int r = check_kind(&type, protocol);
    if (r) return r;
    *out = unix_file_new(net, &file_ops, unix_end_new(net, type), AF_UNIX, protocol, flags);
    return *out ? 0 : -ENOMEM;
}

int unix_socket_new_pair(struct net *net, int type, int protocol, int flags, struct sched_thread *self, struct file *out[2]) {
    int r = unix_socket_new(net, type, protocol, flags, &out[0]);
    if (r) return r;
    r = unix_socket_new(net, type, protocol, flags, &out[1]);
    if (r) {
        file_put(out[0]);
        return r;
    }
    const struct net_ids ids = net_identify(net, self);
    const struct linux_ucred who = {ids.pid, ids.euid, ids.egid};
    unix_pair(unix_file_end(out[0]), unix_file_end(out[1]), &who);
    return 0;
}
