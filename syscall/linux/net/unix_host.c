/* SPDX-License-Identifier: ISC */
/* The way from a unix socket to a server of the host: a path whose inode no socket of the machine made, or an abstract
 * name that none has. */
#include "base/error.h"
#include "host/door.h"
#include "syscall/linux/fs/node.h"
#include "syscall/linux/fs/watch.h"
#include "syscall/linux/net/host_socket.h"
#include "syscall/linux/net/unix_private.h"

#include <stdio.h>
#include <string.h>

/* The address by which the host knows it: an inode by its descriptor, a name as it is. */
static void host_address(struct node *place, const struct socket_address *address, struct socket_address *out) {
    *out = *address;
    if (!place) return;
    char *path = (char *)out->bytes + SOCKADDR_UN_NAME;
    const int n = snprintf(path, SOCKADDR_UN_PATH, "/proc/self/fd/%d", host_door_native(node_host_fd(place)));
    out->size = SOCKADDR_UN_NAME + (uint32_t)n + 1;
}

/* The host's socket to use for the guest's: the one it is bound to there, or a new one. *out: counted. */
static int host_side(struct unix_socket *socket, struct file **out) {
    const struct socket *own = &socket->socket;
    struct socket *gate = atomic_load(&socket->end->gate);
    if (!gate) return host_socket_open(own->net, AF_UNIX, own->type, 0, 0, out);
    *out = file_get(&gate->file);
    return 0;
}

int unix_host_connect(struct unix_socket *socket, struct node *place, const struct socket_address *address,
                      const struct socket_wait *wait) {
    struct socket_address there;
    struct file *file;
    int r = host_side(socket, &file);
    if (r) return r;
    struct socket *host = socket_of(file), *none = NULL;
    const int32_t on = atomic_load(&socket->end->pass_ids);
    if (on) socket_set_option(host, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    host_address(place, address, &there);
    r = socket_ops_of(host)->connect(host, NULL, &there, wait);
    if (r == 0 && !atomic_compare_exchange_strong(&socket->host, &none, host)) r = -EISCONN;
    if (r) {
        file_put(file);
    } else {
        watch_file_changed(&socket->socket.file);
    }
    return r;
}

int64_t unix_host_send(struct unix_socket *socket, struct node *place, struct socket_message *message,
                       const struct socket_wait *wait) {
    struct file *file;
    int64_t r = host_side(socket, &file);
    if (r) return r;
    struct socket_address there;
    host_address(place, &message->address, &there);
    message->address = there;
    r = socket_ops_of(socket_of(file))->send(socket_of(file), message, wait);
    file_put(file);
    return r;
}
