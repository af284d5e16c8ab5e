/* SPDX-License-Identifier: ISC */
/* What comes to a serial machine from outside: posts of other host threads, descriptors of the host, and time in which nothing runs.
 * Nobody waits for time alone: the clock is set forward. While a thread waits for the host, time is the host's. */
#include "sched/serial.h"

#include "base/error.h"
#include "host/clock.h"
#include "host/door.h"

#include <stdlib.h>

enum { POLL_IN = 1, FDS_ON_STACK = 64 };

int serial_post(struct serial *serial, void (*fn)(void *arg, int value), void *arg, int value) {
    struct serial_post *post = malloc(sizeof *post);
    if (!post) return -ENOMEM;
    *post = (struct serial_post){.fn = fn, .arg = arg, .value = value};
    host_mutex_lock(&serial->post_lock);
    list_append(&serial->posts, &post->node);
    atomic_store(&serial->posted, true);
    if (serial->event >= 0) host_event_set(serial->event);
    host_mutex_unlock(&serial->post_lock);
    return 0;
}

static struct serial_post *next_post(struct serial *serial) {
    struct serial_post *post = NULL;
    host_mutex_lock(&serial->post_lock);
    if (!list_empty(&serial->posts)) {
        post = CONTAINER_OF(serial->posts.next, struct serial_post, node);
        list_remove(&post->node);
    } else {
        atomic_store(&serial->posted, false);
        if (serial->event >= 0) host_event_clear(serial->event);
    }
    host_mutex_unlock(&serial->post_lock);
    return post;
}

static void run_posts(struct serial *serial, struct host_door *door) {
    for (struct serial_post *post; (post = next_post(serial));) {
        if (door) door->ops->post(door, true, &post->value);
        post->fn(post->arg, post->value);
        free(post);
    }
}

static void take_recorded(struct serial *serial, struct host_door *door) {
    for (int value; door->ops->post(door, false, &value);) serial->recorded_post(serial->recorded_post_arg, value);
}

static void drop_posts(struct serial *serial) {
    for (struct serial_post *post; (post = next_post(serial));) free(post);
}

void serial_take_posts(struct serial *serial) {
    struct host_door *const door = serial->door;
    const bool posted = atomic_load_explicit(&serial->posted, memory_order_acquire);
    if (posted && door && door->replays) drop_posts(serial);
    else if (posted) run_posts(serial, door);
    if (door) take_recorded(serial, door);
}

static int count_fds(const struct serial *serial) {
    int n = 1;
    LIST_FOR_EACH(node, &serial->pollers) n += CONTAINER_OF(node, struct serial_thread, node)->n_fds;
    return n;
}

/* The event first, then those of each poller in turn. */
static void gather(const struct serial *serial, struct host_pollfd *all) {
    *all++ = (struct host_pollfd){serial->event, POLL_IN, 0};
    LIST_FOR_EACH(node, &serial->pollers) {
        const struct serial_thread *thread = CONTAINER_OF(node, struct serial_thread, node);
        for (int i = 0; i < thread->n_fds; i++) *all++ = thread->fds[i];
    }
}

static void wake_ready(struct serial *serial, const struct host_pollfd *all) {
    all++;
    LIST_FOR_EACH(node, &serial->pollers) {
        struct serial_thread *thread = CONTAINER_OF(node, struct serial_thread, node);
        bool ready = false;
        for (int i = 0; i < thread->n_fds; i++, all++) {
            thread->fds[i].revents = all->revents;
            ready |= all->revents != 0;
        }
        if (ready) sched_wake(thread->thread);
    }
}

/* Without memory for the question, whoever waits asks again itself. */
static void wake_all(struct serial *serial) {
    LIST_FOR_EACH(node, &serial->pollers) sched_wake(CONTAINER_OF(node, struct serial_thread, node)->thread);
}

/* Returns what host_poll does. */
static int look(struct serial *serial, int64_t host_deadline_ns) {
    struct host_pollfd few[FDS_ON_STACK], *all = few;
    const int n = count_fds(serial);
    serial->looked_ns = serial_now_ns(serial);
    if (n > FDS_ON_STACK) all = malloc((size_t)n * sizeof *all);
    if (!all) {
        wake_all(serial);
        return -ENOMEM;
    }
    gather(serial, all);
    const int r = host_poll(all, n, host_deadline_ns);
    if (r > 0) wake_ready(serial, all);
    if (all != few) free(all);
    return r;
}

void serial_look(struct serial *serial, int64_t host_deadline_ns) {
    look(serial, host_deadline_ns);
}

static int64_t later(int64_t now_ns, int64_t by_ns) {
    int64_t at;
    return __builtin_add_overflow(now_ns, by_ns, &at) ? HOST_NEVER : at;
}

void serial_idle(struct serial *serial) {
    const int64_t next = timer_service_next(serial->timers), left = next - serial_now_ns(serial);
    const bool host_waits = !list_empty(&serial->pollers);
    if (next == SCHED_NEVER && !host_waits && serial->watch.stuck) serial->watch.stuck(serial->watch.arg);
    if (next != SCHED_NEVER && !host_waits) {
        serial->passed_ns += left;
        return;
    }
    const int r = look(serial, next == SCHED_NEVER ? HOST_NEVER : later(host_clock_monotonic_ns(), left));
    if (r == 0) serial->passed_ns += left;
}
