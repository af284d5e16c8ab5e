/* SPDX-License-Identifier: ISC */
/* Options of unix sockets: a table of those that are only remembered, and a row of functions for the others. */
#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>
#include <string.h>

enum stored_kind { FLAG, NUMBER, COUNT, SECONDS, TIMES, READ };

struct stored {
    int level, name;
    int32_t first;
    enum stored_kind kind;
};

static const struct stored stored[] = {
#define OPTION(level, name, first, kind) {level, name, first, kind},
#include "syscall/linux/net/option.def"
#undef OPTION
};

int unix_options_new(struct unix_socket *socket) {
    socket->options = calloc(ARRAY_LEN(stored) + 2, sizeof *socket->options);
    if (!socket->options) return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(stored); i++) atomic_init(&socket->options[i], stored[i].first);
    return 0;
}

void unix_options_copy(struct socket *to, struct socket *from) {
    for (size_t i = 0; i < ARRAY_LEN(stored) + 2; i++) {
        atomic_store(&unix_of(to)->options[i], atomic_load(&unix_of(from)->options[i]));
    }
}

/* The two numbers of SO_LINGER stand behind the rows. */
static _Atomic int32_t *linger_of(struct socket *socket) {
    return &unix_of(socket)->options[ARRAY_LEN(stored)];
}

static int find_stored(int level, int name) {
    for (size_t i = 0; i < ARRAY_LEN(stored); i++) {
        if (stored[i].level == level && stored[i].name == name) return (int)i;
    }
    return -1;
}

static int set_stored(struct socket *socket, int i, int32_t value) {
    switch (stored[i].kind) {
    case READ: return -ENOPROTOOPT;
    case FLAG: value = value != 0; break;
    case COUNT: value = value < 0 ? INT32_MAX : value ? value : 1; break;
    case SECONDS:
        if (value < 1 || value > 32767) return -EINVAL;
        break;
    case TIMES:
        if (value < 1 || value > 127) return -EINVAL;
        break;
    case NUMBER: break;
    }
    atomic_store(&unix_of(socket)->options[i], value);
    return 0;
}

/* The kernel doubles what is asked for, between its bounds. */
static uint32_t room_for(int32_t asked, bool forced) {
    const uint32_t wanted = asked < 0 ? INT32_MAX / 2 : (uint32_t)asked;
    const uint32_t most = forced ? INT32_MAX / 2 : UNIX_BUFFER_MAX / 2;
    const uint32_t room = 2 * (wanted < most ? wanted : most);
    return room < UNIX_BUFFER_MIN ? UNIX_BUFFER_MIN : room;
}

static void set_room(struct unix_end *end, bool sending, uint32_t room) {
    host_mutex_lock(&end->lock);
    *(sending ? &end->send_room : &end->receive_room) = room;
    host_mutex_unlock(&end->lock);
    if (sending) wait_queue_wake_all(&end->write_wait);
}

static int set_linger(struct socket *socket, const void *value, uint32_t size) {
    struct linux_linger linger;
    if (size < sizeof linger) return -EINVAL;
    memcpy(&linger, value, sizeof linger);
    atomic_store(&linger_of(socket)[0], linger.on != 0);
    atomic_store(&linger_of(socket)[1], linger.seconds);
    struct unix_end *end = unix_end_of(socket);
    host_mutex_lock(&end->lock);
    end->reset_on_close = end->inet && linger.on && linger.seconds == 0;
    host_mutex_unlock(&end->lock);
    return 0;
}

int unix_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size) {
    struct unix_end *end = unix_end_of(socket);
    int32_t number;
    if (level != SOL_SOCKET && !end->inet) return -EOPNOTSUPP;
    if (level == SOL_SOCKET && name == SO_BINDTODEVICE) return end->inet ? -ENODEV : -ENOPROTOOPT;
    if (size < sizeof number) return -EINVAL;
    memcpy(&number, value, sizeof number);
    if (level == SOL_SOCKET && name == SO_REUSEPORT && !end->inet) return number ? -EOPNOTSUPP : 0;
    const int i = find_stored(level, name);
    if (i >= 0) return set_stored(socket, i, number);
    if (level != SOL_SOCKET) return -ENOPROTOOPT;
    switch (name) {
    case SO_LINGER: return set_linger(socket, value, size);
    case SO_SNDBUF: set_room(end, true, room_for(number, false)); return 0;
    case SO_RCVBUF: set_room(end, false, room_for(number, false)); return 0;
    case SO_PASSCRED: atomic_store(&end->pass_ids, number != 0 && !end->inet); return end->inet ? -EOPNOTSUPP : 0;
    default: return -ENOPROTOOPT;
    }
}

static int32_t take_error(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    const int error = unix_take_error_locked(end);
    host_mutex_unlock(&end->lock);
    return -error;
}

static int get_peer_ids(struct unix_end *end, void *value, uint32_t *size) {
    host_mutex_lock(&end->lock);
    const struct linux_ucred ids = end->peer_ids;
    host_mutex_unlock(&end->lock);
    return socket_give_value(value, size, &ids, sizeof ids);
}

/* Options whose value is a number. Returns 0 or -ENOPROTOOPT. */
static int get_number(struct socket *socket, int name, int32_t *out) {
    struct unix_end *end = unix_end_of(socket);
    switch (name) {
    case SO_TYPE: *out = socket->type; return 0;
    case SO_DOMAIN: *out = socket->family; return 0;
    case SO_PROTOCOL: *out = socket->protocol; return 0;
    case SO_PASSCRED: *out = atomic_load(&end->pass_ids); return 0;
    case SO_ERROR: *out = take_error(end); return 0;
    default: break;
    }
    int r = 0;
    host_mutex_lock(&end->lock);
    switch (name) {
    case SO_SNDBUF: *out = (int32_t)end->send_room; break;
    case SO_RCVBUF: *out = (int32_t)end->receive_room; break;
    case SO_ACCEPTCONN: *out = end->state == UNIX_LISTENING; break;
    default: r = -ENOPROTOOPT;
    }
    host_mutex_unlock(&end->lock);
    return r;
}

int unix_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size) {
    int32_t number;
    if (level != SOL_SOCKET && !unix_end_of(socket)->inet) return -EOPNOTSUPP;
    const bool general = level == SOL_SOCKET;
    if (general && name == SO_PEERCRED) return get_peer_ids(unix_end_of(socket), value, size);
    if (general && name == SO_LINGER) {
        const struct linux_linger linger = {atomic_load(&linger_of(socket)[0]), atomic_load(&linger_of(socket)[1])};
        return socket_give_value(value, size, &linger, sizeof linger);
    }
    const int i = find_stored(level, name);
    const int r = i >= 0 ? 0 : general ? get_number(socket, name, &number) : -ENOPROTOOPT;
    if (r) return r;
    if (i >= 0) number = atomic_load(&unix_of(socket)->options[i]);
    return socket_give_value(value, size, &number, sizeof number);
}
