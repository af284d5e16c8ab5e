/* SPDX-License-Identifier: ISC */
/* Socket calls through a door that are more than a row of outside.def: sizes that go in and out, descriptors inside messages. */
#include "host/door_private.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { LEVEL_SOCKET = 1, SCM_RIGHTS_TYPE = 1 };

/* A control message's header as Linux has it on 64 bits. */
struct control_header {
    uint64_t size;
    int32_t level, type;
};

int host_socket_pair(int family, int type, int protocol, int fds[2]) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_pair(family, type, protocol, fds);
    int64_t r = door->replays ? 0 : os_socket_pair(family, type, protocol, fds);
    for (int i = 0; i < 2 && r >= 0 && !door->replays; i++) fds[i] = door_descriptor(fds[i]);
    r = door_result(door, HOST_CALL_socket_pair, r);
    if (r >= 0) door_filled(door, fds, 2 * sizeof *fds);
    return (int)r;
}

/* The call filled *size, and room bytes of out at most. */
static void filled_sized(struct host_door *door, void *out, uint32_t room, uint32_t *size) {
    door_filled(door, size, sizeof *size);
    door_filled(door, out, *size < room ? *size : room);
}

int host_socket_accept(int fd, void *address, uint32_t *size) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_accept(fd, address, size);
    const uint32_t room = *size;
    const int native = door->replays ? 0 : os_socket_accept(host_door_native(fd), address, size);
    const int64_t r = door_result(door, HOST_CALL_socket_accept, door_descriptor(native));
    if (r >= 0) filled_sized(door, address, room, size);
    return (int)r;
}

int host_socket_name(int fd, bool peer, void *address, uint32_t *size) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_name(fd, peer, address, size);
    const uint32_t room = *size;
    const int native = door->replays ? 0 : os_socket_name(host_door_native(fd), peer, address, size);
    const int64_t r = door_result(door, HOST_CALL_socket_name, native);
    if (r >= 0) filled_sized(door, address, room, size);
    return (int)r;
}

int host_socket_get_option(int fd, int level, int name, void *value, uint32_t *size) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_get_option(fd, level, name, value, size);
    const uint32_t room = *size;
    const int native = door->replays ? 0 : os_socket_get_option(host_door_native(fd), level, name, value, size);
    const int64_t r = door_result(door, HOST_CALL_socket_get_option, native);
    if (r >= 0) filled_sized(door, value, room, size);
    if (*size > room) *size = room;
    return (int)r;
}

/* Renumbers the descriptors that control messages carry. */
static void renumber(void *control, size_t size, int (*number)(int)) {
    unsigned char *bytes = control;
    for (size_t at = 0; at + sizeof(struct control_header) <= size;) {
        struct control_header header;
        memcpy(&header, bytes + at, sizeof header);
        if (header.size < sizeof header || header.size > size - at) return;
        const bool rights = header.level == LEVEL_SOCKET && header.type == SCM_RIGHTS_TYPE;
        for (size_t i = sizeof header; rights && i + sizeof(int) <= header.size; i += sizeof(int)) {
            int fd;
            memcpy(&fd, bytes + at + i, sizeof fd);
            fd = number(fd);
            memcpy(bytes + at + i, &fd, sizeof fd);
        }
        at += (size_t)align_up(header.size, 8);
    }
}

static int64_t send_native(int fd, const struct host_message *message, int flags) {
    struct host_message native = *message;
    if (!message->control_size) return os_socket_send(host_door_native(fd), message, flags);
    native.control = malloc(message->control_size);
    if (!native.control) return -ENOMEM;
    memcpy(native.control, message->control, message->control_size);
    renumber(native.control, native.control_size, host_door_native);
    const int64_t r = os_socket_send(host_door_native(fd), &native, flags);
    free(native.control);
    return r;
}

int64_t host_socket_send(int fd, const struct host_message *message, int flags) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_send(fd, message, flags);
    const int64_t r = door_result(door, HOST_CALL_socket_send, door->replays ? 0 : send_native(fd, message, flags));
    door->ops->wrote(door, fd, message->data, r, -1);
    return r;
}

/* room: the message as it was asked for. */
static void filled_message(struct host_door *door, const struct host_message *room, struct host_message *message, int64_t n) {
    struct {
        uint64_t address_size, control_size, flags;
    } sizes = {message->address_size, message->control_size, (uint64_t)(unsigned)message->flags};
    door_filled(door, &sizes, sizeof sizes);
    message->address_size = (uint32_t)sizes.address_size;
    message->control_size = sizes.control_size < room->control_size ? (size_t)sizes.control_size : room->control_size;
    message->flags = (int)sizes.flags;
    if (message->address) door_filled(door, message->address, message->address_size < room->address_size ? message->address_size : room->address_size);
    door_filled(door, message->control, (int64_t)message->control_size);
    door_filled(door, message->data, n < (int64_t)room->size ? n : (int64_t)room->size);
}

int64_t host_socket_receive(int fd, struct host_message *message, int flags) {
    struct host_door *const door = host_door_current;
    if (!door) return os_socket_receive(fd, message, flags);
    const struct host_message room = *message;
    int64_t r = door->replays ? 0 : os_socket_receive(host_door_native(fd), message, flags);
    if (r >= 0 && !door->replays) renumber(message->control, message->control_size, door_descriptor);
    r = door_result(door, HOST_CALL_socket_receive, r);
    if (r >= 0) filled_message(door, &room, message, r);
    return r;
}
