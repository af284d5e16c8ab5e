/* SPDX-License-Identifier: ISC */
/* UDP within the machine: a datagram is in the receiver's queue at once, lost when that is full, and refused to a connected
 * sender when nobody has the port. */
#include "base/error.h"
#include "syscall/linux/net/inet_private.h"

#include <string.h>

enum { DATAGRAM_MAX = 65507 };

static int find_address(struct socket *socket, const struct socket_message *message, struct inet_address *to) {
    struct unix_end *end = unix_end_of(socket);
    if (message->address.size) {
        const int r = inet_parse(socket->family, &message->address, to);
        if (r) return r;
        inet_to_loopback(to);
        if (to->port == 0) return -EINVAL;
        return inet_check_reach(socket->net, to);
    }
    host_mutex_lock(&end->lock);
    *to = end->inet->remote;
    host_mutex_unlock(&end->lock);
    return to->port ? 0 : -EDESTADDRREQ;
}

/* Errors of earlier datagrams, and closed halves. */
static int check_send(struct unix_end *end, const struct socket_message *message) {
    if (message->flags & MSG_OOB) return -EOPNOTSUPP;
    if (message->io->left > DATAGRAM_MAX) return -EMSGSIZE;
    host_mutex_lock(&end->lock);
    int r = unix_take_error_locked(end);
    if (r == 0 && end->shut & UNIX_SHUT_WRITE) r = -EPIPE;
    host_mutex_unlock(&end->lock);
    return r;
}

static void refuse(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    const bool connected = end->state == UNIX_CONNECTED;
    if (connected) end->error = -ECONNREFUSED;
    host_mutex_unlock(&end->lock);
    if (connected) unix_wake_all(end);
}

/* The packet moves. */
static void deliver(struct unix_end *end, struct unix_end *to, struct packet *packet) {
    bool taken = false;
    if (to) {
        host_mutex_lock(&to->lock);
        taken = !to->dead && !(to->shut & UNIX_SHUT_READ) && to->n_bytes + to->n_packets * 256 < to->receive_room;
        if (taken) unix_append_locked(to, packet);
        host_mutex_unlock(&to->lock);
    } else {
        refuse(end);
    }
    if (!taken) {
        unix_packet_free(packet);
    } else {
        wait_queue_wake(&to->read_wait);
    }
}

static struct inet_address source_of(struct unix_end *end, const struct inet_address *to) {
    host_mutex_lock(&end->lock);
    struct inet_address source = end->inet->local;
    host_mutex_unlock(&end->lock);
    if (inet_is_any(&source)) memcpy(source.ip, to->ip, sizeof source.ip);
    return source;
}

int64_t inet_datagram_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct unix_end *end = unix_end_of(socket);
    struct inet_address to;
    const uint32_t size = (uint32_t)message->io->left;
    int r = check_send(end, message);
    if (r == 0) r = find_address(socket, message, &to);
    if (r == 0) r = inet_autobind(socket);
    if (r) return r;
    struct packet *packet = unix_packet_new(end, size);
    if (!packet) return -ENOMEM;
    if (io_pull(message->io, packet->data, size) != size) {
        unix_packet_free(packet);
        return -EFAULT;
    }
    const struct inet_address source = source_of(end, &to);
    struct unix_end *receiver = inet_find(socket->net, IPPROTO_UDP, &to, &source);
    if (receiver) {
        struct socket_address shown;
        inet_format(receiver->inet->family, &source, &shown);
        packet->source_size = shown.size;
        memcpy(packet->source, shown.bytes, shown.size);
    }
    deliver(end, receiver, packet);
    unix_end_put(receiver);
    return size;
}
