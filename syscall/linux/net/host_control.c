/* SPDX-License-Identifier: ISC */
/* Control messages on their way to and from host sockets: descriptors become the host's and back, the rest passes as
 * it is. Only files that are host descriptors can go to the host. */
#include "base/bits.h"
#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/net/host_socket.h"

#include <string.h>

int host_control_fill(const struct socket_control *control, unsigned char *out, size_t room, size_t *size) {
    *size = 0;
    if (control->raw_size + sizeof(struct linux_cmsghdr) + 4 * SCM_MAX_FD + 8 > room) return -ENOBUFS;
    if (control->raw_size) memcpy(out, control->raw, control->raw_size);
    *size = (size_t)align_up(control->raw_size, 8);
    if (!control->n_files) return 0;
    const struct linux_cmsghdr header = {sizeof header + 4 * (size_t)control->n_files, SOL_SOCKET, SCM_RIGHTS};
    memcpy(out + *size, &header, sizeof header);
    for (int i = 0; i < control->n_files; i++) {
        const int32_t fd = file_host_fd(control->files[i]);
        if (fd < 0) return -EOPNOTSUPP;
        memcpy(out + *size + sizeof header + 4 * (size_t)i, &fd, sizeof fd);
    }
    *size += (size_t)header.size;
    return 0;
}

/* Host descriptors that came become files; one that cannot is closed and lost. */
static void take_rights(struct net *net, struct socket_control *control, const unsigned char *fds, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int32_t fd;
        struct file *file;
        memcpy(&fd, fds + 4 * i, sizeof fd);
        const int flags = host_file_get_flags(fd);
        if (control->n_files == SCM_MAX_FD) {
            host_file_close(fd);
        } else if (host_socket_adopt(net, fd, flags < 0 ? O_RDWR : flags & ~O_NONBLOCK, &file) == 0) {
            control->files[control->n_files++] = file;
        }
    }
}

int host_control_take(struct net *net, struct socket_message *message, const unsigned char *bytes, size_t size) {
    struct socket_control *control = &message->control;
    for (size_t at = 0; at + sizeof(struct linux_cmsghdr) <= size;) {
        struct linux_cmsghdr part;
        memcpy(&part, bytes + at, sizeof part);
        if (part.size < sizeof part || part.size > size - at) break;
        const size_t space = (size_t)align_up(part.size, 8);
        if (part.level == SOL_SOCKET && part.type == SCM_RIGHTS) {
            take_rights(net, control, bytes + at + sizeof part, ((size_t)part.size - sizeof part) / 4);
        } else if (control->raw && control->raw_size + part.size <= control->raw_room) {
            memcpy(control->raw + control->raw_size, bytes + at, (size_t)part.size);
            control->raw_size += space < control->raw_room - control->raw_size ? space : control->raw_room - control->raw_size;
        }
        at += space;
    }
    return 0;
}
