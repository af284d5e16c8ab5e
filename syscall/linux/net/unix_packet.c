/* SPDX-License-Identifier: ISC */
/* Packets: what one send put into a receiver's queue, and the room that senders and receivers have for them. The sizes
 * that are charged are near to those of Linux, so that as many fit before a sender waits. */
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>
#include <string.h>

/* What a packet counts for against SO_SNDBUF: its bytes and what manages them. */
static uint32_t charge_of(uint32_t size) {
    if (size > 3776) return 768 + ((size + 4095) & ~4095u);
    uint32_t room = 512;
    while (room < size + 320) room *= 2;
    return 256 + room;
}

struct packet *unix_packet_new(struct unix_end *from, uint32_t size) {
    struct packet *packet = malloc(sizeof *packet + size);
    if (!packet) return NULL;
    *packet = (struct packet){.from = unix_end_get(from), .size = size};
    list_init(&packet->node);
    return packet;
}

void unix_packet_free(struct packet *packet) {
    struct unix_end *from = packet->from;
    host_mutex_lock(&from->lock);
    from->used -= packet->charge;
    const bool room = packet->charge && (uint64_t)from->used * 4 <= from->send_room;
    host_mutex_unlock(&from->lock);
    if (room) wait_queue_wake_all(&from->write_wait);
    if (packet->rights) unix_rights_bury(from->net, packet->rights);
    unix_end_put(from);
    free(packet);
}

struct charging {
    struct unix_end *end;
    struct packet *packet;
};

static int64_t try_charge(void *arg) {
    const struct charging *c = arg;
    struct unix_end *end = c->end;
    host_mutex_lock(&end->lock);
    int64_t r = unix_take_error_locked(end);
    if (r == 0 && end->shut & UNIX_SHUT_WRITE) r = -EPIPE;
    if (r == 0 && end->used >= end->send_room) r = -EAGAIN;
    if (r == 0) {
        c->packet->charge = charge_of(c->packet->size);
        end->used += c->packet->charge;
    }
    host_mutex_unlock(&end->lock);
    return r;
}

int64_t unix_charge(struct unix_end *end, struct packet *packet, const struct socket_wait *wait) {
    struct charging c = {end, packet};
    const int64_t r = wait_until(&end->write_wait, wait->self, wait->nonblock, wait->deadline_ns, try_charge, &c);
    return socket_wait_result(wait, r);
}

/* Ids go along when either side wants them, or the other side does not exist for the guest yet. */
static bool wants_ids(struct unix_end *from, struct unix_end *to) {
    if (atomic_load(&from->pass_ids) || !to) return true;
    host_mutex_lock(&to->lock);
    const bool nobody = !to->file;
    host_mutex_unlock(&to->lock);
    return nobody || atomic_load(&to->pass_ids);
}

int unix_packet_load(struct packet *packet, struct unix_end *to, struct socket_message *message, struct sched_thread *self) {
    if (message->control.has_ids) {
        packet->ids = message->control.ids;
        packet->has_ids = true;
    } else if (wants_ids(packet->from, to)) {
        const struct net_ids ids = net_identify(packet->from->net, self);
        packet->ids = (struct linux_ucred){ids.pid, ids.uid, ids.gid};
        packet->has_ids = true;
    }
    return unix_rights_take(packet->from->net, &message->control, self, &packet->rights);
}

void unix_packet_unload_locked(struct unix_end *end, struct packet *packet, struct socket_message *message,
                               struct rights **rights) {
    const struct linux_ucred nobody = {0, 65534, 65534};
    message->control.has_ids = atomic_load(&end->pass_ids);
    message->control.ids = packet->has_ids ? packet->ids : nobody;
    if (end->inet) {
        message->address.size = packet->source_size;
        memcpy(message->address.bytes, packet->source, packet->source_size);
    } else {
        unix_name_of(packet->from, &message->address);
        if (message->address.size == SOCKADDR_UN_NAME) message->address.size = 0;
    }
    if (!packet->rights) return;
    if (message->flags & MSG_PEEK) {
        unix_rights_copy(packet->rights, &message->control);
    } else {
        *rights = packet->rights;
        packet->rights = NULL;
    }
}

void unix_append_locked(struct unix_end *end, struct packet *packet) {
    list_append(&end->packets, &packet->node);
    end->n_packets++;
    end->n_bytes += packet->size;
}

void unix_remove_locked(struct unix_end *end, struct packet *packet) {
    list_remove(&packet->node);
    end->n_packets--;
    end->n_bytes -= packet->size - packet->taken;
}

bool unix_full_locked(const struct unix_end *end, const struct unix_end *from) {
    return end != from && end->peer != from && end->n_packets > end->backlog;
}

void unix_packets_done(struct unix_end *end, struct list *done) {
    if (list_empty(done)) return;
    LIST_FOR_EACH(node, done) {
        list_remove(node);
        unix_packet_free(CONTAINER_OF(node, struct packet, node));
    }
    unix_room_changed(end);
}
