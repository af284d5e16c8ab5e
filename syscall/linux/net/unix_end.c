/* SPDX-License-Identifier: ISC */
/* Life and death of unix ends, and shutting their halves down. */
#include "base/error.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>

struct unix_end *unix_end_new(struct net *net, int type) {
    struct unix_end *end = calloc(1, sizeof *end);
    if (!end) return NULL;
    atomic_init(&end->count, 1);
    end->net = net;
    end->type = type;
    end->ino = vfs_next_ino(net_vfs(net));
    wait_queue_init(&end->read_wait);
    wait_queue_init(&end->write_wait);
    wait_queue_init(&end->room_wait);
    host_mutex_init(&end->lock);
    list_init(&end->packets);
    list_init(&end->pending);
    list_init(&end->pending_node);
    list_init(&end->room_waiters);
    list_init(&end->room_node);
    list_init(&end->net_node);
    list_init(&end->flight_node);
    list_init(&end->live_node);
    end->backlog = type == SOCK_DGRAM ? UNIX_DATAGRAMS : 0;
    end->send_room = end->receive_room = UNIX_BUFFER;
    end->ids = end->peer_ids = (struct linux_ucred){0, UINT32_MAX, UINT32_MAX};
    return end;
}

struct unix_end *unix_end_get(struct unix_end *end) {
    atomic_fetch_add_explicit(&end->count, 1, memory_order_relaxed);
    return end;
}

void unix_end_put(struct unix_end *end) {
    if (!end || atomic_fetch_sub_explicit(&end->count, 1, memory_order_acq_rel) != 1) return;
    wait_queue_fini(&end->read_wait);
    wait_queue_fini(&end->write_wait);
    wait_queue_fini(&end->room_wait);
    host_mutex_fini(&end->lock);
    free(atomic_load(&end->name));
    free(end->inet);
    free(end);
}

void unix_lock_both(struct unix_end *a, struct unix_end *b) {
    host_mutex_lock(a < b ? &a->lock : &b->lock);
    if (a != b) host_mutex_lock(a < b ? &b->lock : &a->lock);
}

void unix_unlock_both(struct unix_end *a, struct unix_end *b) {
    host_mutex_unlock(&a->lock);
    if (a != b) host_mutex_unlock(&b->lock);
}

void unix_wake_all(struct unix_end *end) {
    wait_queue_wake_all(&end->read_wait);
    wait_queue_wake_all(&end->write_wait);
    wait_queue_wake_all(&end->room_wait);
}

struct unix_end *unix_end_peer(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    struct unix_end *peer = end->peer ? unix_end_get(end->peer) : NULL;
    host_mutex_unlock(&end->lock);
    return peer;
}

int unix_take_error_locked(struct unix_end *end) {
    const int error = end->error;
    end->error = 0;
    return error;
}

/* What the other side of a connection notices when this end goes. lost: something was never read. */
static void close_peer(struct unix_end *peer, bool lost) {
    host_mutex_lock(&peer->lock);
    /* What TCP's other side still sends is refused when it comes. */
    peer->shut |= peer->inet && !lost ? UNIX_SHUT_READ : UNIX_SHUT_BOTH;
    if (lost) peer->error = -ECONNRESET;
    host_mutex_unlock(&peer->lock);
    unix_wake_all(peer);
}

/* Takes everything that waits in the end. */
static void take_queues_locked(struct unix_end *end, struct list *packets, struct list *pending) {
    list_init(packets);
    list_init(pending);
    while (!list_empty(&end->packets)) {
        struct list *node = end->packets.next;
        list_remove(node);
        list_append(packets, node);
    }
    while (!list_empty(&end->pending)) {
        struct list *node = end->pending.next;
        list_remove(node);
        list_append(pending, node);
    }
    end->n_packets = end->n_pending = 0;
    end->n_bytes = 0;
}

void unix_end_close(struct unix_end *end) {
    struct list packets, pending;
    unix_gate_close(end);
    unix_unbind(end);
    host_mutex_lock(&end->lock);
    const bool reset = !end->file || end->reset_on_close;
    end->dead = true;
    end->file = NULL;
    end->shut = UNIX_SHUT_BOTH;
    struct unix_end *peer = end->peer;
    end->peer = NULL;
    take_queues_locked(end, &packets, &pending);
    host_mutex_unlock(&end->lock);
    if (peer && end->type != SOCK_DGRAM) close_peer(peer, reset || !list_empty(&packets));
    unix_room_forget(end);
    LIST_FOR_EACH(node, &pending) {
        struct unix_end *one = CONTAINER_OF(node, struct unix_end, pending_node);
        list_remove(node);
        unix_end_close(one);
        unix_end_put(one);
    }
    unix_packets_done(end, &packets);
    unix_room_changed(end);
    unix_wake_all(end);
    unix_end_put(peer);
}

int unix_shutdown(struct unix_end *end, int how) {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    const unsigned own = (unsigned)how + 1;
    const bool told = own & UNIX_SHUT_READ && !end->inet;
    const unsigned other = (told ? UNIX_SHUT_WRITE : 0) | (own & UNIX_SHUT_WRITE ? UNIX_SHUT_READ : 0);
    host_mutex_lock(&end->lock);
    end->shut |= own;
    struct unix_end *peer = end->peer ? unix_end_get(end->peer) : NULL;
    host_mutex_unlock(&end->lock);
    unix_wake_all(end);
    if (peer && end->type != SOCK_DGRAM) {
        host_mutex_lock(&peer->lock);
        peer->shut |= other;
        host_mutex_unlock(&peer->lock);
        unix_wake_all(peer);
    }
    unix_end_put(peer);
    return 0;
}
