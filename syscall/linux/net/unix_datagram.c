/* SPDX-License-Identifier: ISC */
/* Datagrams, and the packets of SOCK_SEQPACKET: each send is one packet, each receive takes one. */
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

/* Who a datagram goes to: the address's owner, or the peer. Counted. */
static int find_target(struct unix_end *end, struct socket_message *message, struct unix_end **out, struct node **place) {
    *place = NULL;
    *out = NULL;
    if (message->address.size && end->type == SOCK_DGRAM) {
        const int r = unix_check_address(&message->address);
        return r ? r : unix_find(end->net, message->caller, end->type, &message->address, out, place);
    }
    *out = unix_end_peer(end);
    return *out ? 0 : -ENOTCONN;
}

static int check_send(struct unix_end *end, const struct socket_message *message) {
    if (message->flags & MSG_OOB) return -EOPNOTSUPP;
    host_mutex_lock(&end->lock);
    int r = end->type == SOCK_SEQPACKET ? unix_take_error_locked(end) : 0;
    if (r == 0 && end->type == SOCK_SEQPACKET && end->state != UNIX_CONNECTED) r = -ENOTCONN;
    const bool too_long = message->io->left > (uint64_t)end->send_room - 32;
    host_mutex_unlock(&end->lock);
    return r ? r : too_long ? -EMSGSIZE : 0;
}

struct sending {
    struct unix_end *from, *to;
    struct packet *packet;
};

static int64_t try_append(void *arg) {
    const struct sending *s = arg;
    struct unix_end *from = s->from, *to = s->to;
    int64_t r = 0;
    host_mutex_lock(&to->lock);
    if (to->dead) {
        r = from->type == SOCK_SEQPACKET ? -EPIPE : -ECONNREFUSED;
    } else if (from->type == SOCK_DGRAM && to->peer && to->peer != from) {
        r = -EPERM;
    } else if (to->shut & UNIX_SHUT_READ) {
        r = -EPIPE;
    } else if (unix_full_locked(to, from)) {
        r = -EAGAIN;
    } else {
        unix_append_locked(to, s->packet);
    }
    host_mutex_unlock(&to->lock);
    return r;
}

/* The peer is gone: the end has none any more. */
static void forget_peer(struct unix_end *end, struct unix_end *peer) {
    host_mutex_lock(&end->lock);
    const bool is_peer = end->peer == peer;
    if (is_peer) {
        end->peer = NULL;
        end->state = UNIX_CLOSED;
    }
    host_mutex_unlock(&end->lock);
    unix_room_forget(end);
    if (is_peer) unix_end_put(peer);
}

/* Puts the packet into the receiver's queue; it moves when that succeeds. */
static int64_t append(struct sending *s, const struct socket_wait *wait) {
    struct unix_end *to = s->to;
    const int64_t r = wait_until(&to->room_wait, wait->self, wait->nonblock, wait->deadline_ns, try_append, s);
    if (r == 0) wait_queue_wake(&to->read_wait);
    if (r == -ECONNREFUSED && s->from->type == SOCK_DGRAM) forget_peer(s->from, to);
    return socket_wait_result(wait, r);
}

static int64_t send_packet(struct unix_end *end, struct unix_end *to, struct socket_message *message,
                           const struct socket_wait *wait) {
    struct io *io = message->io;
    const uint32_t size = (uint32_t)io->left;
    struct sending s = {end, to, unix_packet_new(end, size)};
    if (!s.packet) return -ENOMEM;
    int64_t r = unix_charge(end, s.packet, wait);
    if (r == 0 && io_pull(io, s.packet->data, size) != size) r = -EFAULT;
    if (r == 0) r = unix_packet_load(s.packet, to, message, wait->self);
    if (r == 0) r = append(&s, wait);
    if (r == 0) return size;
    unix_packet_free(s.packet);
    return r;
}

int64_t unix_datagram_send(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait,
                           struct node **place) {
    struct unix_end *to;
    *place = NULL;
    int64_t r = check_send(end, message);
    if (r == 0 && atomic_load(&end->pass_ids) && !atomic_load(&end->name) && end->type == SOCK_DGRAM) r = unix_autobind(end);
    if (r == 0) r = find_target(end, message, &to, place);
    if (r) return r;
    r = send_packet(end, to, message, wait);
    unix_end_put(to);
    unix_rights_settle(end->net, false);
    return r;
}

struct taking {
    struct unix_end *end;
    struct socket_message *message;
    bool nonblock;
    size_t size;           /* of the packet */
    struct rights *rights; /* of the packet; NULL */
    struct list done;
};

static void take_locked(struct taking *t, struct packet *packet) {
    struct io *io = t->message->io;
    t->size = packet->size;
    io_push(io, packet->data, packet->size);
    unix_packet_unload_locked(t->end, packet, t->message, &t->rights);
    if (t->message->flags & MSG_PEEK) return;
    unix_remove_locked(t->end, packet);
    list_append(&t->done, &packet->node);
}

/* 1: a packet was taken; 0: the end. */
static int64_t try_take(void *arg) {
    struct taking *t = arg;
    struct unix_end *end = t->end;
    host_mutex_lock(&end->lock);
    int64_t r = 1;
    if (end->type == SOCK_SEQPACKET && end->state != UNIX_CONNECTED) r = -ENOTCONN;
    const int error = r == 1 ? unix_take_error_locked(end) : 0;
    if (error) r = error;
    if (r == 1 && !list_empty(&end->packets)) {
        take_locked(t, CONTAINER_OF(end->packets.next, struct packet, node));
    } else if (r == 1) {
        const bool over = end->shut & UNIX_SHUT_READ && (end->type == SOCK_SEQPACKET || !t->nonblock);
        r = over ? 0 : -EAGAIN;
    }
    host_mutex_unlock(&end->lock);
    return r;
}

int64_t unix_datagram_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait) {
    struct taking t = {.end = end, .message = message, .nonblock = wait->nonblock};
    const int wanted = message->flags;
    if (wanted & MSG_OOB) return -EOPNOTSUPP;
    list_init(&t.done);
    const int64_t r = wait_until(&end->read_wait, wait->self, wait->nonblock, wait->deadline_ns, try_take, &t);
    if (t.rights) unix_rights_give(end->net, t.rights, &message->control);
    unix_packets_done(end, &t.done);
    unix_rights_settle(end->net, false);
    message->flags = wanted & MSG_CMSG_CLOEXEC;
    if (r <= 0) return socket_wait_result(wait, r);
    const struct io *io = message->io;
    if (io->fault) return -EFAULT;
    if (io_moved(io) < t.size) message->flags |= MSG_TRUNC;
    return wanted & MSG_TRUNC ? (int64_t)t.size : (int64_t)io_moved(io);
}
