/* SPDX-License-Identifier: ISC */
/* TCP within the machine: a connection is made at once when somebody listens, and refused when nobody does. One who does not
 * wait is told later, as if packets travelled. */
#include "base/error.h"
#include "syscall/linux/net/inet_private.h"

#include <stdlib.h>
#include <string.h>

struct unix_end *inet_end_new(struct net *net, int type, int family, int protocol) {
    struct unix_end *end = unix_end_new(net, type);
    struct inet_part *part = end ? calloc(1, sizeof *part) : NULL;
    if (!part) {
        unix_end_put(end);
        return NULL;
    }
    *part = (struct inet_part){.family = family, .protocol = protocol, .end = end};
    list_init(&part->port_node);
    end->inet = part;
    return end;
}

static bool option_is_on(struct socket *socket, int level, int name) {
    int32_t value = 0;
    uint32_t size = sizeof value;
    return unix_get_option(socket, level, name, &value, &size) == 0 && value;
}

static struct inet_part options_of(struct socket *socket) {
    return (struct inet_part){
        .six_only = socket->family == AF_INET6 && option_is_on(socket, IPPROTO_IPV6, IPV6_V6ONLY),
        .reuse_address = option_is_on(socket, SOL_SOCKET, SO_REUSEADDR),
        .reuse_port = option_is_on(socket, SOL_SOCKET, SO_REUSEPORT),
    };
}

int inet_bind(struct socket *socket, const struct inet_address *address) {
    const struct inet_part options = options_of(socket);
    return inet_bind_port(unix_end_of(socket), address, &options);
}

int inet_autobind(struct socket *socket) {
    struct inet_address any;
    struct socket_address none = {.size = 28};
    const uint16_t family = (uint16_t)socket->family;
    memcpy(none.bytes, &family, sizeof family);
    memset(none.bytes + 2, 0, 26);
    int r = inet_parse(socket->family, &none, &any);
    if (r == 0) r = inet_bind(socket, &any);
    return r == -EINVAL ? 0 : r; /* bound already */
}

/* What a repeated connect says, or a first one that cannot be. 1: go on. */
static int check_state(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    int r = 1;
    if (end->inet->connecting) {
        r = unix_take_error_locked(end);
        end->inet->connecting = false;
    } else if (end->state != UNIX_CLOSED) {
        r = -EISCONN;
    }
    if (end->state == UNIX_CLOSED) end->shut = 0; /* a refused connection may be tried again */
    host_mutex_unlock(&end->lock);
    return r;
}

static void join_locked(struct unix_end *client, struct unix_end *listener, struct unix_end *fresh,
                        const struct inet_address *to) {
    client->inet->remote = *to;
    if (inet_is_any(&client->inet->local)) memcpy(client->inet->local.ip, to->ip, sizeof to->ip);
    fresh->inet->local = *to;
    fresh->inet->remote = client->inet->local;
    client->peer = unix_end_get(fresh);
    fresh->peer = unix_end_get(client);
    client->state = fresh->state = UNIX_CONNECTED;
    fresh->receive_room = listener->receive_room;
    fresh->send_room = listener->send_room;
    list_append(&listener->pending, &unix_end_get(fresh)->pending_node);
    listener->n_pending++;
}

static int join(struct unix_end *client, struct unix_end *listener, const struct inet_address *to) {
    struct unix_end *fresh = inet_end_new(client->net, SOCK_STREAM, listener->inet->family, IPPROTO_TCP);
    if (!fresh) return -ENOMEM;
    unix_lock_both(client, listener);
    int r = client->state == UNIX_CLOSED ? 0 : -EISCONN;
    const bool listens = listener->state == UNIX_LISTENING && !listener->dead && listener->n_pending < INET_PENDING;
    if (r == 0 && !listens) r = -ECONNREFUSED;
    if (r == 0) join_locked(client, listener, fresh, to);
    unix_unlock_both(client, listener);
    if (r == 0) wait_queue_wake(&listener->read_wait);
    unix_end_put(fresh);
    return r;
}

/* Tells how a connect ended: now, or later to one who does not wait. */
static int tell(struct unix_end *end, int r, const struct socket_wait *wait) {
    if (!wait->nonblock || (r && r != -ECONNREFUSED)) return r;
    host_mutex_lock(&end->lock);
    end->inet->connecting = true;
    if (r) {
        end->error = r;
        end->shut = UNIX_SHUT_BOTH;
    }
    host_mutex_unlock(&end->lock);
    unix_wake_all(end);
    return -EINPROGRESS;
}

static int connect_stream(struct socket *socket, const struct inet_address *to, const struct socket_wait *wait) {
    struct unix_end *end = unix_end_of(socket);
    int r = check_state(end);
    if (r != 1) return r;
    r = inet_autobind(socket);
    if (r) return r == -EADDRINUSE ? -EADDRNOTAVAIL : r;
    struct unix_end *listener = inet_find(socket->net, IPPROTO_TCP, to, to);
    r = listener ? join(end, listener, to) : -ECONNREFUSED;
    unix_end_put(listener);
    return tell(end, r, wait);
}

static int connect_datagram(struct socket *socket, const struct inet_address *to) {
    struct unix_end *end = unix_end_of(socket);
    const int r = inet_autobind(socket);
    if (r) return r;
    host_mutex_lock(&end->lock);
    end->inet->remote = *to;
    end->state = to->port ? UNIX_CONNECTED : UNIX_CLOSED;
    if (to->port && inet_is_any(&end->inet->local)) memcpy(end->inet->local.ip, to->ip, sizeof to->ip);
    host_mutex_unlock(&end->lock);
    inet_set_sender(end, to);
    return 0;
}

int inet_connect(struct socket *socket, const struct socket_address *address, const struct socket_wait *wait) {
    struct inet_address to = {.port = 0};
    uint16_t family;
    if (address->size < sizeof family) return -EINVAL;
    memcpy(&family, address->bytes, sizeof family);
    if (family == AF_UNSPEC) return socket->type == SOCK_DGRAM ? connect_datagram(socket, &to) : -EOPNOTSUPP;
    int r = inet_parse(socket->family, address, &to);
    if (r == 0) {
        inet_to_loopback(&to);
        r = inet_check_reach(socket->net, &to);
    }
    if (r) return r;
    return socket->type == SOCK_DGRAM ? connect_datagram(socket, &to) : connect_stream(socket, &to, wait);
}
