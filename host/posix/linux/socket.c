/* SPDX-License-Identifier: ISC */
/* Sockets of a Linux host: numbers and layouts are ours already. Holds no state. */
#include "host/socket.h"
#include "host/os.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

static int result(int r) {
    return r < 0 ? host_error_last() : r;
}

static int native_type(int type) {
    return type | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

int os_socket_new(int family, int type, int protocol) {
    return result(socket(family, native_type(type), protocol));
}

int os_socket_pair(int family, int type, int protocol, int fds[2]) {
    return result(socketpair(family, native_type(type), protocol, fds));
}

int os_socket_bind(int fd, const void *address, uint32_t size) {
    return result(bind(fd, address, size));
}

/* The inode takes its mode from the socket. */
int os_socket_bind_path(int fd, const char *path, uint32_t mode) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t size = strlen(path);
    if (size >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, size);
    if (fchmod(fd, mode & 07777) < 0) return host_error_last();
    return result(bind(fd, (const struct sockaddr *)&address, sizeof address));
}

int os_socket_connect(int fd, const void *address, uint32_t size) {
    return result(connect(fd, address, size));
}

int os_socket_listen(int fd, int backlog) {
    return result(listen(fd, backlog));
}

int os_socket_accept(int fd, void *address, uint32_t *size) {
    return result(accept4(fd, address, size, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int os_socket_name(int fd, bool peer, void *address, uint32_t *size) {
    return result(peer ? getpeername(fd, address, size) : getsockname(fd, address, size));
}

int os_socket_shutdown(int fd, int how) {
    return result(shutdown(fd, how));
}

int os_socket_get_option(int fd, int level, int name, void *value, uint32_t *size) {
    return result(getsockopt(fd, level, name, value, size));
}

int os_socket_set_option(int fd, int level, int name, const void *value, uint32_t size) {
    return result(setsockopt(fd, level, name, value, size));
}

static struct msghdr native_message(const struct host_message *message, struct iovec *iov) {
    *iov = (struct iovec){message->data, message->size};
    return (struct msghdr){
        .msg_name = message->address, .msg_namelen = message->address_size, .msg_iov = iov, .msg_iovlen = 1,
        .msg_control = message->control_size ? message->control : NULL, .msg_controllen = message->control_size,
    };
}

int64_t os_socket_send(int fd, const struct host_message *message, int flags) {
    struct iovec iov;
    const struct msghdr native = native_message(message, &iov);
    const ssize_t n = sendmsg(fd, &native, flags | MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? host_error_last() : n;
}

int64_t os_socket_receive(int fd, struct host_message *message, int flags) {
    struct iovec iov;
    struct msghdr native = native_message(message, &iov);
    const ssize_t n = recvmsg(fd, &native, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) return host_error_last();
    message->address_size = native.msg_namelen;
    message->control_size = native.msg_controllen;
    message->flags = native.msg_flags;
    return n;
}

int os_socket_request(int fd, unsigned request, void *value) {
    return result(ioctl(fd, request, value));
}

int64_t os_socket_interfaces(int fd, void *out, int32_t size) {
    struct ifconf list = {.ifc_len = size, .ifc_buf = out};
    const int r = result(ioctl(fd, SIOCGIFCONF, &list));
    return r < 0 ? r : list.ifc_len;
}
