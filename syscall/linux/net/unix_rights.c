/* SPDX-License-Identifier: ISC */
/* Descriptors in messages. A socket whose file is held by messages only, and those messages only by such sockets, can
 * never be reached again: after a close they are looked for, and what lies in their queues is let go. Files are put one
 * after another from a list, never one within the release of another, so that no chain of them is deep. */
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_IN_FLIGHT = 65536 }; /* for those whom no other limit holds */

/* Marks files as in messages, or no more. The caller holds rights_lock. */
static void count_locked(struct net *net, struct file *const *files, int n, int step) {
    net->n_in_flight += (uint64_t)(int64_t)(step * n);
    for (int i = 0; i < n; i++) {
        struct unix_end *end = unix_file_end(files[i]);
        if (!end) continue;
        if (step > 0 && end->in_flight == 0) list_append(&net->in_flight, &end->flight_node);
        end->in_flight += (uint64_t)(int64_t)step;
        if (end->in_flight == 0) list_remove(&end->flight_node);
    }
}

int unix_rights_take(struct net *net, struct socket_control *control, struct sched_thread *self, struct rights **out) {
    const int n = control->n_files;
    *out = NULL;
    if (n == 0) return 0;
    const struct net_ids ids = net_identify(net, self);
    struct rights *rights = malloc(sizeof *rights + (size_t)n * sizeof rights->files[0]);
    if (!rights) return -ENOMEM;
    list_init(&rights->node);
    rights->n = n;
    memcpy(rights->files, control->files, (size_t)n * sizeof rights->files[0]);
    host_mutex_lock(&net->rights_lock);
    const bool too_many = net->n_in_flight > (ids.privileged ? MAX_IN_FLIGHT : ids.n_files);
    if (!too_many) count_locked(net, rights->files, n, 1);
    host_mutex_unlock(&net->rights_lock);
    if (too_many) {
        free(rights);
        return -ETOOMANYREFS;
    }
    control->n_files = 0;
    *out = rights;
    return 0;
}

/* A receiver has room for those of one message; it gets no more. */
static void add_files(struct socket_control *control, const struct rights *rights) {
    const int room = SCM_MAX_FD - control->n_files;
    const int n = rights->n < room ? rights->n : room;
    memcpy(control->files + control->n_files, rights->files, (size_t)n * sizeof rights->files[0]);
    control->n_files += n;
}

void unix_rights_give(struct net *net, struct rights *rights, struct socket_control *control) {
    host_mutex_lock(&net->rights_lock);
    count_locked(net, rights->files, rights->n, -1);
    host_mutex_unlock(&net->rights_lock);
    add_files(control, rights);
    free(rights);
}

void unix_rights_copy(const struct rights *rights, struct socket_control *control) {
    const int before = control->n_files;
    add_files(control, rights);
    for (int i = before; i < control->n_files; i++) file_get(control->files[i]);
}

void unix_rights_bury(struct net *net, struct rights *rights) {
    host_mutex_lock(&net->rights_lock);
    list_append(&net->graveyard, &rights->node);
    host_mutex_unlock(&net->rights_lock);
}

/* Calls fn for every end whose file lies in the end's packets, or in those of connections that it has not accepted. */
static void for_each_held(struct unix_end *end, void (*fn)(struct unix_end *held)) {
    host_mutex_lock(&end->lock);
    LIST_FOR_EACH(node, &end->packets) {
        const struct packet *packet = CONTAINER_OF(node, struct packet, node);
        for (int i = 0; packet->rights && i < packet->rights->n; i++) {
            struct unix_end *held = unix_file_end(packet->rights->files[i]);
            if (held && held->candidate) fn(held);
        }
    }
    LIST_FOR_EACH(node, &end->pending) for_each_held(CONTAINER_OF(node, struct unix_end, pending_node), fn);
    host_mutex_unlock(&end->lock);
}

static void explain_one(struct unix_end *held) {
    held->outside--;
}

/* What lives is looked into later. */
static void revive(struct unix_end *held) {
    if (held->live) return;
    held->live = true;
    list_append(&held->net->revived, &held->live_node);
}

/* Ends whose files are held by messages only. */
static void choose_candidates_locked(struct net *net) {
    LIST_FOR_EACH(node, &net->in_flight) {
        struct unix_end *end = CONTAINER_OF(node, struct unix_end, flight_node);
        end->outside = end->in_flight;
        end->candidate = atomic_load(&end->file->count) == end->in_flight;
        end->live = false;
    }
}

/* What a message outside the candidates holds lives, and what lies in its queue, and so on. */
static void mark_live_locked(struct net *net) {
    LIST_FOR_EACH(node, &net->in_flight) {
        struct unix_end *end = CONTAINER_OF(node, struct unix_end, flight_node);
        if (end->candidate) for_each_held(end, explain_one);
    }
    LIST_FOR_EACH(node, &net->in_flight) {
        struct unix_end *end = CONTAINER_OF(node, struct unix_end, flight_node);
        if (end->candidate && end->outside) revive(end);
    }
    while (!list_empty(&net->revived)) {
        struct list *node = net->revived.next;
        list_remove(node);
        for_each_held(CONTAINER_OF(node, struct unix_end, live_node), revive);
    }
}

/* The files in the end's queue are buried; the packets stay, and go with the end. */
static void bury_queue_locked(struct net *net, struct unix_end *end) {
    host_mutex_lock(&end->lock);
    LIST_FOR_EACH(node, &end->packets) {
        struct packet *packet = CONTAINER_OF(node, struct packet, node);
        if (packet->rights) list_append(&net->graveyard, &packet->rights->node);
        packet->rights = NULL;
    }
    LIST_FOR_EACH(node, &end->pending) bury_queue_locked(net, CONTAINER_OF(node, struct unix_end, pending_node));
    host_mutex_unlock(&end->lock);
}

static void bury_cycles_locked(struct net *net) {
    net->want_cycles = false;
    choose_candidates_locked(net);
    mark_live_locked(net);
    LIST_FOR_EACH(node, &net->in_flight) {
        struct unix_end *end = CONTAINER_OF(node, struct unix_end, flight_node);
        if (end->candidate && !end->live) bury_queue_locked(net, end);
    }
}

/* The next to let go, no more counted; NULL: nothing is left, and somebody else may collect. */
static struct rights *next_locked(struct net *net) {
    if (list_empty(&net->graveyard) && net->want_cycles && !list_empty(&net->in_flight)) bury_cycles_locked(net);
    if (list_empty(&net->graveyard)) {
        net->collecting = false;
        return NULL;
    }
    struct rights *rights = CONTAINER_OF(net->graveyard.next, struct rights, node);
    list_remove(&rights->node);
    count_locked(net, rights->files, rights->n, -1);
    net->want_cycles |= !list_empty(&net->in_flight);
    return rights;
}

void unix_rights_settle(struct net *net, bool closed) {
    host_mutex_lock(&net->rights_lock);
    net->want_cycles |= closed;
    const bool mine = !net->collecting;
    net->collecting = true;
    struct rights *rights = mine ? next_locked(net) : NULL;
    host_mutex_unlock(&net->rights_lock);
    while (rights) {
        for (int i = 0; i < rights->n; i++) file_put(rights->files[i]);
        free(rights);
        host_mutex_lock(&net->rights_lock);
        rights = next_locked(net);
        host_mutex_unlock(&net->rights_lock);
    }
}
