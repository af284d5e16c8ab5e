/* SPDX-License-Identifier: ISC */
/* Where gdb is: at our standard files, or at a TCP port of 127.0.0.1, which other machines cannot reach. */
#include "debugger/gdb/server.h"

#include "base/error.h"
#include "host/descriptors.h"
#include "host/file.h"
#include "host/poll.h"
#include "host/socket.h"
#include "host/thread.h"

enum { AF_INET = 2, SOCK_STREAM = 1, SOL_SOCKET = 1, SO_REUSEADDR = 2, IPPROTO_TCP = 6, TCP_NODELAY = 1, READABLE = 1 };

struct inet_address {
    uint16_t family;
    uint8_t port[2], host[4], zero[8];
};

static int listen_at(int port) {
    const struct inet_address address = {AF_INET, {(uint8_t)(port >> 8), (uint8_t)port}, {127, 0, 0, 1}, {0}};
    const int on = 1, fd = host_socket_new(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return fd;
    int r = host_socket_set_option(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (r >= 0) r = host_socket_bind(fd, &address, sizeof address);
    if (r >= 0) r = host_socket_listen(fd, 1);
    if (r >= 0) return fd;
    host_file_close(fd);
    return r;
}

static int port_of(int fd) {
    struct inet_address address;
    uint32_t size = sizeof address;
    if (host_socket_name(fd, false, &address, &size) < 0) return 0;
    return address.port[0] << 8 | address.port[1];
}

static int accept_one(int listener) {
    struct host_pollfd poll = {listener, READABLE, 0};
    const int on = 1;
    int fd;
    do {
        const int r = host_poll(&poll, 1, HOST_NEVER);
        fd = r < 0 && r != -EINTR ? r : host_socket_accept(listener, NULL, NULL);
    } while (fd == -EAGAIN || fd == -EINTR);
    if (fd >= 0) host_socket_set_option(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int gdb_line_accept(struct gdb_line *out, int port, void (*say)(int port)) {
    const int listener = listen_at(port);
    if (listener < 0) return listener;
    say(port_of(listener));
    const int fd = accept_one(listener);
    host_file_close(listener);
    *out = (struct gdb_line){fd, fd};
    return fd < 0 ? fd : 0;
}

int gdb_line_of_standard_files(struct gdb_line *out) {
    *out = (struct gdb_line){host_file_dup(0), host_file_dup(1)};
    if (out->in < 0 || out->out < 0) return -EBADF;
    host_descriptor_blank(0);
    host_descriptor_point(1, 2);
    return 0;
}

void gdb_line_close(struct gdb_line *line) {
    host_file_close(line->in);
    if (line->out != line->in) host_file_close(line->out);
}
