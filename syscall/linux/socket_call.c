/* SPDX-License-Identifier: ISC */
/* Arguments of the socket calls. */
#include "syscall/linux/socket_call.h"

struct socket *socket_arg(struct task *task, uint64_t fd, int *err) {
    struct file *file = call_open_file(task, fd);
    *err = file ? 0 : -EBADF;
    if (!file) return NULL;
    struct socket *socket = socket_of(file);
    if (socket) return socket;
    file_put(file);
    *err = -ENOTSOCK;
    return NULL;
}

int socket_fetch_address(struct task *task, uint64_t gva, uint64_t size, struct socket_address *out) {
    out->size = 0;
    if ((int32_t)size < 0 || (uint32_t)size > SOCKET_ADDRESS_MAX) return -EINVAL;
    const int err = (uint32_t)size ? copy_from_guest(task, out->bytes, gva, (uint32_t)size) : 0;
    if (err == 0) out->size = (uint32_t)size;
    return err;
}

int socket_copy_address(struct task *task, uint64_t gva, uint32_t room, const struct socket_address *address) {
    const uint32_t n = address->size < room ? address->size : room;
    return n ? copy_to_guest(task, gva, address->bytes, n < SOCKET_ADDRESS_MAX ? n : SOCKET_ADDRESS_MAX) : 0;
}

int socket_store_address(struct task *task, uint64_t gva, uint64_t size_gva, const struct socket_address *address) {
    int32_t room;
    if (!gva) return 0;
    int r = copy_from_guest(task, &room, size_gva, sizeof room);
    if (r == 0 && room < 0) r = -EINVAL;
    if (r == 0) r = socket_copy_address(task, gva, (uint32_t)room, address);
    return r ? r : copy_to_guest(task, size_gva, &address->size, sizeof address->size);
}
