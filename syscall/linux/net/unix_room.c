/* SPDX-License-Identifier: ISC */
/* Room among the packets of a receiver. Senders that sleep wait on its room_wait; senders that are polled stand in its
 * list of room waiters, because a poll registers with the sender's own queues only. */
#include "syscall/linux/net/unix_private.h"

/* The next waiter, counted, off the list; the receiver's count that it held goes with it. */
static struct unix_end *take_waiter(struct unix_end *end) {
    struct unix_end *waiter = NULL;
    host_mutex_lock(&end->net->room_lock);
    if (!list_empty(&end->room_waiters)) {
        waiter = unix_end_get(CONTAINER_OF(end->room_waiters.next, struct unix_end, room_node));
        list_remove(&waiter->room_node);
        waiter->room_of = NULL;
    }
    if (!waiter) atomic_store(&end->has_room_waiters, false);
    host_mutex_unlock(&end->net->room_lock);
    return waiter;
}

void unix_room_changed(struct unix_end *end) {
    struct unix_end *waiter;
    wait_queue_wake_all(&end->room_wait);
    while (atomic_load(&end->has_room_waiters) && (waiter = take_waiter(end))) {
        wait_queue_wake_all(&waiter->write_wait);
        unix_end_put(waiter);
        unix_end_put(end);
    }
}

void unix_room_watch(struct unix_end *from, struct unix_end *to) {
    unix_room_forget(from);
    host_mutex_lock(&to->net->room_lock);
    if (!from->room_of) {
        from->room_of = unix_end_get(to);
        list_append(&to->room_waiters, &from->room_node);
        atomic_store(&to->has_room_waiters, true);
    }
    host_mutex_unlock(&to->net->room_lock);
}

void unix_room_forget(struct unix_end *from) {
    host_mutex_lock(&from->net->room_lock);
    struct unix_end *to = from->room_of;
    from->room_of = NULL;
    list_remove(&from->room_node);
    host_mutex_unlock(&from->net->room_lock);
    unix_end_put(to);
}
