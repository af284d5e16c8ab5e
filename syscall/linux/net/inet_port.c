/* SPDX-License-Identifier: ISC */
/* Who has which port of the machine. The table's guard is net->names_lock. Sources: bind(2), socket(7), ipv6(7). */
#include "base/error.h"
#include "syscall/linux/net/inet_private.h"

#include <stdlib.h>
#include <string.h>

static struct inet_port *find_locked(struct net *net, int protocol, uint16_t port) {
    const uint32_t key = (uint32_t)protocol << 16 | port;
    struct inet_port *found;
    HASH_FIND(hh, net->ports, &key, sizeof key, found);
    return found;
}

static struct inet_port *make_locked(struct net *net, int protocol, uint16_t port) {
    struct inet_port *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->key = (uint32_t)protocol << 16 | port;
    list_init(&made->ends);
    HASH_ADD(hh, net->ports, key, sizeof made->key, made);
    return made;
}

/* Does what is bound there hear what is sent to address? */
static bool covers(const struct inet_part *part, const struct inet_address *address) {
    static const unsigned char zero[16];
    const bool six = memcmp(address->ip, (const unsigned char[12]){[10] = 0xff, [11] = 0xff}, 12) != 0;
    if (memcmp(part->bound.ip, address->ip, 16) == 0) return true;
    if (!inet_is_any(&part->bound)) return false;
    if (part->family == AF_INET) return !six;
    return memcmp(part->bound.ip, zero, 16) != 0 ? !six : six || !part->six_only;
}

/* May both have one port? */
static bool conflict(const struct inet_part *a, const struct inet_part *b) {
    if (!covers(a, &b->bound) && !covers(b, &a->bound)) return false;
    if (a->reuse_port && b->reuse_port) return false;
    return !(a->reuse_address && b->reuse_address && !a->listening && !b->listening);
}

static bool is_free_locked(struct net *net, const struct inet_part *as) {
    const struct inet_port *port = find_locked(net, as->protocol, as->bound.port);
    if (!port) return true;
    LIST_FOR_EACH(node, &port->ends) {
        if (conflict(CONTAINER_OF(node, struct inet_part, port_node), as)) return false;
    }
    return true;
}

/* Ports of our choice are given in turn; one that nobody has at all. */
static int choose_locked(struct net *net, struct inet_part *as) {
    for (int tries = INET_PORT_FIRST; tries <= INET_PORT_LAST; tries++) {
        as->bound.port = (uint16_t)(INET_PORT_FIRST + net->next_port++ % (INET_PORT_LAST - INET_PORT_FIRST + 1));
        if (!find_locked(net, as->protocol, as->bound.port)) return 0;
    }
    return -EADDRINUSE;
}

static int enter_locked(struct net *net, struct unix_end *end, const struct inet_part *as) {
    struct inet_port *port = find_locked(net, as->protocol, as->bound.port);
    if (!port) port = make_locked(net, as->protocol, as->bound.port);
    if (!port) return -ENOMEM;
    struct inet_part *part = end->inet;
    part->bound = as->bound;
    part->six_only = as->six_only;
    part->reuse_address = as->reuse_address;
    part->reuse_port = as->reuse_port;
    part->is_bound = true;
    list_append(&port->ends, &part->port_node);
    return 0;
}

int inet_bind_port(struct unix_end *end, const struct inet_address *address, const struct inet_part *options) {
    struct net *net = end->net;
    struct inet_part as = *options;
    as.family = end->inet->family;
    as.protocol = end->inet->protocol;
    as.bound = *address;
    host_mutex_lock(&net->names_lock);
    int r = end->inet->is_bound ? -EINVAL : 0;
    if (r == 0 && address->port == 0) r = choose_locked(net, &as);
    if (r == 0 && address->port && !is_free_locked(net, &as)) r = -EADDRINUSE;
    if (r == 0) r = enter_locked(net, end, &as);
    host_mutex_unlock(&net->names_lock);
    if (r) return r;
    host_mutex_lock(&end->lock);
    end->inet->local = as.bound;
    host_mutex_unlock(&end->lock);
    return 0;
}

void inet_unbind_locked(struct unix_end *end) {
    struct inet_part *part = end->inet;
    if (!part->is_bound) return;
    struct inet_port *port = find_locked(end->net, part->protocol, part->bound.port);
    part->is_bound = false;
    list_remove(&part->port_node);
    if (!list_empty(&port->ends)) return;
    HASH_DEL(end->net->ports, port);
    free(port);
}

void inet_set_listening(struct unix_end *end) {
    host_mutex_lock(&end->net->names_lock);
    end->inet->listening = true;
    host_mutex_unlock(&end->net->names_lock);
}

/* How well a bound end fits a packet; 0: not at all. */
static int fitness(const struct inet_part *part, const struct inet_address *to, const struct inet_address *from) {
    if (!covers(part, to) || (part->protocol == IPPROTO_TCP && !part->listening)) return 0;
    const bool connected = part->sender.port != 0;
    if (connected && memcmp(&part->sender, from, sizeof *from) != 0) return 0;
    return 1 + (connected ? 4 : 0) + (inet_is_any(&part->bound) ? 0 : 2);
}

struct unix_end *inet_find(struct net *net, int protocol, const struct inet_address *to, const struct inet_address *from) {
    struct unix_end *best = NULL;
    int best_fitness = 0;
    host_mutex_lock(&net->names_lock);
    const struct inet_port *port = find_locked(net, protocol, to->port);
    if (port) {
        LIST_FOR_EACH(node, &port->ends) {
            const struct inet_part *part = CONTAINER_OF(node, struct inet_part, port_node);
            const int fit = fitness(part, to, from);
            if (fit <= best_fitness) continue;
            best_fitness = fit;
            best = part->end;
        }
    }
    if (best) unix_end_get(best);
    host_mutex_unlock(&net->names_lock);
    return best;
}

void inet_set_sender(struct unix_end *end, const struct inet_address *sender) {
    host_mutex_lock(&end->net->names_lock);
    end->inet->sender = *sender;
    host_mutex_unlock(&end->net->names_lock);
}
