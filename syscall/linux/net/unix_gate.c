/* SPDX-License-Identifier: ISC */
/* The way of host processes, and of other machines, to a unix socket of ours: where an end is bound, a socket of the host
 * is bound, too, its gate. Accepting and receiving take what came from the machine first, then what stands at the gate.
 * What comes through it are host sockets and their messages; nothing of it is in the end's queues. */
#include "base/error.h"
#include "host/door.h"
#include "host/file.h"
#include "host/socket.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/net/host_socket.h"
#include "syscall/linux/net/unix_private.h"

#include <stdio.h>
#include <string.h>

static int new_gate(struct unix_end *end, struct file **out) {
    return host_socket_open(end->net, AF_UNIX, end->type, 0, 0, out);
}

/* The file moves to the end, or is put when r is not 0. */
static int set_gate(struct unix_end *end, struct file *file, int r) {
    if (r) file_put(file);
    else atomic_store(&end->gate, socket_of(file));
    return r;
}

/* The host's path of name in dir, which others can answer to. A guest that is confined gets one through the descriptor: no
 * renaming leads that astray. */
static int path_at(struct node *dir, const char *name, char *out, size_t size) {
    const int fd = node_host_fd(dir);
    const int64_t n = vfs_is_confined(dir->vfs) ? 0 : host_file_path(fd, out, size);
    if (n > 0 && (size_t)n + 1 + strlen(name) < SOCKADDR_UN_PATH) {
        snprintf(out + n, size - (size_t)n, "%s%s", n > 1 ? "/" : "", name);
        return 0;
    }
    const int m = snprintf(out, size, "/proc/self/fd/%d/%s", host_door_native(fd), name);
    return m < SOCKADDR_UN_PATH ? 0 : -ENAMETOOLONG;
}

int unix_gate_bind_path(struct unix_end *end, struct node *dir, const char *name, uint32_t mode) {
    char path[LINUX_PATH_MAX];
    struct file *file;
    int r = path_at(dir, name, path, sizeof path);
    if (r == 0) r = new_gate(end, &file);
    if (r) return r;
    r = host_socket_bind_path(file_host_fd(file), path, mode);
    return set_gate(end, file, r == -EADDRINUSE ? -EEXIST : r);
}

int unix_gate_bind_name(struct unix_end *end, const struct socket_address *address) {
    struct file *file;
    const int r = new_gate(end, &file);
    return r ? r : set_gate(end, file, host_socket_bind(file_host_fd(file), address->bytes, address->size));
}

void unix_gate_close(struct unix_end *end) {
    struct socket *gate = atomic_exchange(&end->gate, NULL);
    if (gate) file_put(&gate->file);
}

/* wait_until for an end with a gate. */
static int64_t wait_at_gate(struct unix_end *end, const struct socket *gate, const struct socket_wait *wait,
                            int64_t (*attempt)(void *arg), void *arg) {
    struct host_pollfd poll = {.fd = file_host_fd((struct file *)&gate->file), .events = POLLIN};
    struct waiter waiter;
    int64_t r = attempt(arg);
    if (r != -EAGAIN || wait->nonblock) return r;
    waiter_init(&waiter, wait->self);
    wait_queue_add(&end->read_wait, &waiter);
    while ((r = attempt(arg)) == -EAGAIN) {
        const int slept = sched_block_poll(wait->self, &poll, 1, wait->deadline_ns);
        if (slept == 0) continue;
        r = slept == -EINTR ? -ERESTARTSYS : slept;
        break;
    }
    wait_queue_remove(&waiter);
    return socket_wait_result(wait, r);
}

struct accepting {
    struct unix_end *end, *found;
    struct socket *gate;
    struct socket_wait once;
    int flags;
    struct file *file;
    struct socket_address *peer;
};

static int64_t try_accept(void *arg) {
    struct accepting *a = arg;
    const int r = unix_accept(a->end, &a->once, &a->found);
    if (r != -EAGAIN) return r;
    const int outside = socket_ops_of(a->gate)->accept(a->gate, &a->once, a->flags, &a->file, a->peer);
    return outside == -EINVAL ? -EAGAIN : outside; /* it does not listen yet */
}

int unix_gate_accept(struct unix_end *end, const struct socket_wait *wait, int flags, struct unix_end **out, struct file **file,
                     struct socket_address *peer) {
    struct accepting a = {.end = end, .gate = atomic_load(&end->gate), .once = *wait, .flags = flags, .peer = peer};
    *file = NULL;
    if (!a.gate) return unix_accept(end, wait, out);
    a.once.nonblock = true;
    const int r = (int)wait_at_gate(end, a.gate, wait, try_accept, &a);
    *out = a.found;
    *file = a.file;
    return r;
}

struct receiving {
    struct unix_end *end;
    struct socket *gate;
    struct socket_message *message;
    struct socket_wait once;
    int flags;
    bool nonblock;
};

static bool is_over(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    const bool over = end->shut & UNIX_SHUT_READ;
    host_mutex_unlock(&end->lock);
    return over;
}

static int64_t try_receive(void *arg) {
    struct receiving *r = arg;
    r->message->flags = r->flags;
    const int64_t n = unix_datagram_receive(r->end, r->message, &r->once);
    if (n != -EAGAIN) return n;
    if (!r->nonblock && is_over(r->end)) return 0;
    r->message->flags = r->flags;
    return socket_ops_of(r->gate)->receive(r->gate, r->message, &r->once);
}

int64_t unix_gate_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait) {
    struct receiving r = {.end = end, .gate = atomic_load(&end->gate), .message = message, .once = *wait,
                          .flags = message->flags, .nonblock = wait->nonblock};
    if (!r.gate || end->type != SOCK_DGRAM) return unix_datagram_receive(end, message, wait);
    r.once.nonblock = true;
    return wait_at_gate(end, r.gate, wait, try_receive, &r);
}

unsigned unix_gate_poll(struct unix_end *end, struct poll_table *table) {
    struct socket *gate = atomic_load(&end->gate);
    const unsigned events = POLLIN | POLLRDNORM;
    if (!gate || (end->type != SOCK_DGRAM && atomic_load(&end->state) != UNIX_LISTENING)) return 0;
    struct host_pollfd poll = {.fd = file_host_fd(&gate->file), .events = (short)events};
    poll_table_add_host(table, poll.fd, events);
    return host_poll(&poll, 1, 0) > 0 ? (unsigned)poll.revents & events : 0;
}
