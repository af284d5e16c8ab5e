/* SPDX-License-Identifier: ISC */
/* Connections of streams and packet sockets, and the peers of datagram sockets. A connection exists, as an end without a
 * file, from connect on; accept gives it a file. */
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>
#include <string.h>

static struct linux_ucred ids_of(struct net *net, struct sched_thread *self) {
    const struct net_ids ids = net_identify(net, self);
    return (struct linux_ucred){ids.pid, ids.euid, ids.egid};
}

int unix_listen(struct unix_end *end, int backlog, struct sched_thread *self) {
    if (end->type == SOCK_DGRAM) return -EOPNOTSUPP;
    const uint32_t room = (uint32_t)backlog > LINUX_SOMAXCONN ? LINUX_SOMAXCONN : (uint32_t)backlog;
    const struct linux_ucred ids = ids_of(end->net, self);
    host_mutex_lock(&end->lock);
    const bool fits = (end->inet || atomic_load(&end->name)) && end->state != UNIX_CONNECTED;
    if (fits) {
        end->state = UNIX_LISTENING;
        end->backlog = room;
        end->ids = ids;
        end->peer_ids = ids;
    }
    host_mutex_unlock(&end->lock);
    if (fits) unix_room_changed(end);
    return fits ? 0 : -EINVAL;
}

struct accepting {
    struct unix_end *listener, *found;
};

static int64_t try_accept(void *arg) {
    struct accepting *a = arg;
    struct unix_end *listener = a->listener;
    int64_t r = 0;
    host_mutex_lock(&listener->lock);
    if (listener->state != UNIX_LISTENING) {
        r = -EINVAL;
    } else if (!list_empty(&listener->pending)) {
        a->found = CONTAINER_OF(listener->pending.next, struct unix_end, pending_node);
        list_remove(&a->found->pending_node);
        listener->n_pending--;
    } else {
        r = listener->shut & UNIX_SHUT_READ ? -EINVAL : -EAGAIN;
    }
    host_mutex_unlock(&listener->lock);
    return r;
}

int unix_accept(struct unix_end *end, const struct socket_wait *wait, struct unix_end **out) {
    struct accepting a = {.listener = end};
    if (end->type == SOCK_DGRAM) return -EOPNOTSUPP;
    const int64_t r = wait_until(&end->read_wait, wait->self, wait->nonblock, wait->deadline_ns, try_accept, &a);
    if (r) return (int)socket_wait_result(wait, r);
    *out = a.found;
    unix_room_changed(end);
    return 0;
}

void unix_pair(struct unix_end *a, struct unix_end *b, const struct linux_ucred *ids) {
    a->peer = unix_end_get(b);
    b->peer = unix_end_get(a);
    a->state = b->state = UNIX_CONNECTED;
    a->ids = b->ids = a->peer_ids = b->peer_ids = *ids;
}

struct connecting {
    struct unix_end *client, *listener, *fresh;
    struct linux_ucred ids;
};

static int check_locked(const struct unix_end *client, const struct unix_end *listener) {
    if (client->state == UNIX_CONNECTED) return -EISCONN;
    if (client->state != UNIX_CLOSED) return -EINVAL;
    if (listener->state != UNIX_LISTENING || listener->dead || listener->shut & UNIX_SHUT_READ) return -ECONNREFUSED;
    return listener->n_pending > listener->backlog ? -EAGAIN : 0;
}

static void connect_locked(const struct connecting *c) {
    struct unix_end *client = c->client, *listener = c->listener, *fresh = c->fresh;
    client->ids = c->ids;
    client->peer_ids = listener->ids;
    client->peer = unix_end_get(fresh);
    client->state = fresh->state = UNIX_CONNECTED;
    fresh->ids = listener->ids;
    fresh->peer_ids = c->ids;
    fresh->peer = unix_end_get(client);
    fresh->receive_room = listener->receive_room;
    atomic_store(&fresh->pass_ids, atomic_load(&listener->pass_ids));
    list_append(&listener->pending, &unix_end_get(fresh)->pending_node);
    listener->n_pending++;
}

static int64_t try_connect(void *arg) {
    const struct connecting *c = arg;
    unix_lock_both(c->client, c->listener);
    const int r = c->client == c->listener ? -EINVAL : check_locked(c->client, c->listener);
    if (r == 0) connect_locked(c);
    unix_unlock_both(c->client, c->listener);
    return r;
}

/* The connection has the listener's address, as long as it was not accepted too. */
static int copy_name(struct unix_end *fresh, struct unix_end *listener) {
    const struct unix_name *name = atomic_load(&listener->name);
    struct unix_name *copy = name ? malloc(sizeof *copy) : NULL;
    if (name && !copy) return -ENOMEM;
    if (copy) *copy = *name;
    atomic_store(&fresh->name, copy);
    return 0;
}

static int connect_stream(struct unix_end *end, struct unix_end *listener, const struct socket_wait *wait) {
    struct connecting c = {end, listener, unix_end_new(end->net, end->type), ids_of(end->net, wait->self)};
    int64_t r = c.fresh ? copy_name(c.fresh, listener) : -ENOMEM;
    if (r == 0) r = wait_until(&listener->room_wait, wait->self, wait->nonblock, wait->deadline_ns, try_connect, &c);
    if (r == 0) wait_queue_wake(&listener->read_wait);
    unix_end_put(c.fresh);
    return (int)socket_wait_result(wait, r);
}

/* A datagram socket gets another peer, or none. What its old peer sent it is lost. peer: its count moves. */
static void set_peer(struct unix_end *end, struct unix_end *peer) {
    struct list lost;
    list_init(&lost);
    host_mutex_lock(&end->lock);
    struct unix_end *old = end->peer;
    end->peer = peer;
    end->state = peer ? UNIX_CONNECTED : UNIX_CLOSED;
    while (old && old != peer && !list_empty(&end->packets)) {
        struct packet *packet = CONTAINER_OF(end->packets.next, struct packet, node);
        unix_remove_locked(end, packet);
        list_append(&lost, &packet->node);
    }
    host_mutex_unlock(&end->lock);
    unix_packets_done(end, &lost);
    unix_room_forget(end);
    if (old && old != peer) {
        host_mutex_lock(&old->lock);
        if (!old->dead && old->peer == end) old->error = -ECONNRESET;
        host_mutex_unlock(&old->lock);
        unix_wake_all(old);
    }
    wait_queue_wake_all(&end->write_wait);
    unix_end_put(old);
}

static int connect_datagram(struct unix_end *end, struct unix_end *other) {
    host_mutex_lock(&other->lock);
    const bool taken = other->peer && other->peer != end;
    host_mutex_unlock(&other->lock);
    if (taken) return -EPERM;
    set_peer(end, unix_end_get(other));
    return 0;
}

int unix_connect(struct unix_end *end, const struct vfs_caller *caller, const struct socket_address *address,
                 const struct socket_wait *wait, struct node **place) {
    struct unix_end *other;
    uint16_t family = AF_UNIX;
    *place = NULL;
    if (address->size < sizeof family) return -EINVAL;
    memcpy(&family, address->bytes, sizeof family);
    if (end->type == SOCK_DGRAM && family == AF_UNSPEC) {
        set_peer(end, NULL);
        return 0;
    }
    int r = unix_check_address(address);
    if (r == 0 && atomic_load(&end->pass_ids) && !atomic_load(&end->name)) r = unix_autobind(end);
    if (r == 0) r = unix_find(end->net, caller, end->type, address, &other, place);
    if (r) return r;
    r = end->type == SOCK_DGRAM ? connect_datagram(end, other) : connect_stream(end, other, wait);
    unix_end_put(other);
    unix_rights_settle(end->net, false);
    return r;
}
