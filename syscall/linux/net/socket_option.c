/* SPDX-License-Identifier: ISC */
/* Options that are the same for every kind of socket: the limits of waiting. The rest is the kind's own. */
#include "syscall/linux/net/socket.h"

#include "base/error.h"

#include <string.h>

int socket_give_value(void *out, uint32_t *size, const void *value, uint32_t n) {
    if (*size > n) *size = n;
    memcpy(out, value, *size);
    return 0;
}

static _Atomic int64_t *limit_of(struct socket *socket, int level, int name) {
    if (level != SOL_SOCKET) return NULL;
    if (name == SO_RCVTIMEO || name == SO_RCVTIMEO_NEW) return &socket->receive_ns;
    if (name == SO_SNDTIMEO || name == SO_SNDTIMEO_NEW) return &socket->send_ns;
    return NULL;
}

/* A negative time is over at once; linux keeps it as a limit of nothing. */
static int set_limit(_Atomic int64_t *limit, const void *value, uint32_t size) {
    struct guest_timeval t;
    if (size < sizeof t) return -EINVAL;
    memcpy(&t, value, sizeof t);
    if (t.usec < 0 || t.usec >= 1000000) return -EDOM;
    int64_t ns = t.sec < INT64_MAX / 2000000000 ? t.sec * 1000000000 + t.usec * 1000 : 0;
    if (t.sec < 0) ns = 1;
    atomic_store(limit, ns);
    return 0;
}

int socket_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size) {
    _Atomic int64_t *limit = limit_of(socket, level, name);
    if (limit) return set_limit(limit, value, size);
    const struct socket_ops *ops = socket_ops_of(socket);
    return ops->set_option ? ops->set_option(socket, level, name, value, size) : -ENOPROTOOPT;
}

int socket_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size) {
    _Atomic int64_t *limit = limit_of(socket, level, name);
    if (limit) {
        const int64_t ns = atomic_load(limit);
        const struct guest_timeval t = {ns / 1000000000, ns % 1000000000 / 1000};
        return socket_give_value(value, size, &t, sizeof t);
    }
    const struct socket_ops *ops = socket_ops_of(socket);
    return ops->get_option ? ops->get_option(socket, level, name, value, size) : -ENOPROTOOPT;
}
