/* SPDX-License-Identifier: ISC */
/* Bytes of unix streams. A send makes packets of limited size; a read takes from as many packets as it can, but not
 * from different senders when ids are wanted, and not past one that carried descriptors. */
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

static int check_send(struct unix_end *end, const struct socket_message *message, struct unix_end **peer) {
    if (message->flags & MSG_OOB) return -EOPNOTSUPP;
    host_mutex_lock(&end->lock);
    int r = end->inet ? unix_take_error_locked(end) : 0;
    if (message->address.size) r = end->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    if (r == 0 && !end->peer) r = end->inet ? -EPIPE : -ENOTCONN;
    if (r == 0 && end->shut & UNIX_SHUT_WRITE) r = -EPIPE;
    if (r == 0) *peer = unix_end_get(end->peer);
    host_mutex_unlock(&end->lock);
    return r;
}

/* TCP's other side is gone: what was sent is lost, the next send is told. */
static int64_t break_off(struct unix_end *end, uint32_t size) {
    host_mutex_lock(&end->lock);
    end->error = -EPIPE;
    end->shut = UNIX_SHUT_BOTH;
    host_mutex_unlock(&end->lock);
    unix_wake_all(end);
    return size;
}

/* Appends the packet, which moves. Returns its size or -EPIPE. */
static int64_t deliver(struct unix_end *end, struct unix_end *peer, struct packet *packet) {
    const uint32_t size = packet->size;
    host_mutex_lock(&peer->lock);
    const bool closed = peer->dead || (peer->shut & UNIX_SHUT_READ && !peer->inet);
    if (!closed) unix_append_locked(peer, packet);
    host_mutex_unlock(&peer->lock);
    if (!closed) {
        wait_queue_wake(&peer->read_wait);
        return size;
    }
    unix_packet_free(packet);
    return end->inet ? break_off(end, size) : -EPIPE;
}

static uint32_t chunk_of(struct unix_end *end, const struct io *io) {
    host_mutex_lock(&end->lock);
    uint32_t most = end->send_room / 2 - 64;
    host_mutex_unlock(&end->lock);
    if (most > UNIX_CHUNK) most = UNIX_CHUNK;
    return io->left < most ? (uint32_t)io->left : most;
}

static int64_t send_chunk(struct unix_end *end, struct unix_end *peer, struct socket_message *message,
                          const struct socket_wait *wait) {
    struct io *io = message->io;
    const uint32_t size = chunk_of(end, io);
    struct packet *packet = unix_packet_new(end, size);
    if (!packet) return -ENOMEM;
    const struct io before = *io;
    int64_t r = unix_charge(end, packet, wait);
    if (r == 0) {
        packet->size = (uint32_t)io_pull(io, packet->data, size);
        if (packet->size == 0) r = -EFAULT;
    }
    if (r == 0) r = unix_packet_load(packet, peer, message, wait->self);
    if (r) {
        unix_packet_free(packet);
    } else {
        r = deliver(end, peer, packet);
    }
    if (r < 0) io_unpull(io, &before, 0);
    return r;
}

int64_t unix_stream_send(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait) {
    struct io *io = message->io;
    struct unix_end *peer;
    int64_t r = check_send(end, message, &peer);
    if (r) return r;
    while (io->left && !io->fault && r >= 0) r = send_chunk(end, peer, message, wait);
    unix_end_put(peer);
    unix_rights_settle(end->net, false);
    return io_result(io, r < 0 ? r : 0);
}

struct reading {
    struct unix_end *end;
    struct socket_message *message;
    uint64_t target;         /* bytes to wait for */
    bool began;              /* the first packet was looked at */
    struct linux_ucred ids;
    struct rights *rights;   /* of the last packet; NULL */
    struct list done;        /* packets that were read to their end */
};

/* False: the packet is not to be mixed with those read already. */
static bool fits(struct reading *reading, const struct packet *packet) {
    if (!reading->began || !reading->message->control.has_ids) return true;
    const struct linux_ucred ids = packet->has_ids ? packet->ids : (struct linux_ucred){0, 65534, 65534};
    return ids.pid == reading->ids.pid && ids.uid == reading->ids.uid && ids.gid == reading->ids.gid;
}

/* Copies from the packet. Returns false when no other packet may follow. */
static bool take(struct reading *reading, struct packet *packet) {
    struct socket_message *message = reading->message;
    struct io *io = message->io;
    const bool had_rights = packet->rights;
    const size_t left = packet->size - packet->taken;
    const size_t moved = io_push(io, packet->data + packet->taken, left);
    if (io->fault && moved == 0) return false;
    if (!reading->began || had_rights) unix_packet_unload_locked(reading->end, packet, message, &reading->rights);
    reading->ids = message->control.ids;
    reading->began = true;
    if (!(message->flags & MSG_PEEK)) {
        packet->taken += (uint32_t)moved;
        reading->end->n_bytes -= moved;
        if (moved == left) {
            unix_remove_locked(reading->end, packet);
            list_append(&reading->done, &packet->node);
        }
    }
    return moved == left && !had_rights && !io->fault;
}

/* What there is to say when no (more) byte is there. */
static int64_t nothing_locked(struct unix_end *end, const struct reading *reading) {
    if (io_moved(reading->message->io) >= reading->target && reading->began) return 0;
    /* After the end of TCP's stream only a send is told that it was broken off. */
    const bool over = end->inet && end->error == -EPIPE;
    const int error = over ? 0 : unix_take_error_locked(end);
    if (error) return error;
    return end->shut & UNIX_SHUT_READ ? 0 : -EAGAIN;
}

static int64_t try_read(void *arg) {
    struct reading *reading = arg;
    struct unix_end *end = reading->end;
    struct io *io = reading->message->io;
    bool more = true;
    int64_t r = 0;
    host_mutex_lock(&end->lock);
    if (end->state != UNIX_CONNECTED) r = end->inet ? -ENOTCONN : -EINVAL;
    for (struct list *node = end->packets.next; r == 0 && more && node != &end->packets;) {
        struct packet *packet = CONTAINER_OF(node, struct packet, node);
        node = node->next;
        more = fits(reading, packet) && take(reading, packet) && io->left;
    }
    if (r == 0 && more && !io->fault) r = nothing_locked(end, reading);
    host_mutex_unlock(&end->lock);
    if (r == 0 && io->fault && io_moved(io) == 0) r = -EFAULT;
    return r;
}

int64_t unix_stream_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait) {
    struct io *io = message->io;
    const bool all = message->flags & MSG_WAITALL && !(message->flags & MSG_PEEK);
    struct reading reading = {.end = end, .message = message, .target = all ? io->left : io->left ? 1 : 0};
    if (message->flags & MSG_OOB) return -EOPNOTSUPP;
    list_init(&reading.done);
    int64_t r = wait_until(&end->read_wait, wait->self, wait->nonblock, wait->deadline_ns, try_read, &reading);
    if (reading.rights) unix_rights_give(end->net, reading.rights, &message->control);
    unix_packets_done(end, &reading.done);
    unix_rights_settle(end->net, false);
    message->flags &= MSG_CMSG_CLOEXEC;
    r = socket_wait_result(wait, r);
    return io_result(io, r);
}
