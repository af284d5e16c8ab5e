/* SPDX-License-Identifier: ISC */
/* Making, naming and connecting sockets; they are the host's. */
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/fs/host_open.h"
#include "syscall/linux/socket.h"

/* A new file over a host socket, which moves to it, also on failure. type: SOCK_NONBLOCK, SOCK_CLOEXEC as O_*. */
static int socket_file(struct task *task, int host, uint64_t type, struct file **out) {
    return host_open_fd(task->kernel->vfs, host, O_RDWR | ((int)type & O_NONBLOCK), out);
}

static int check_type(uint64_t family, uint64_t type) {
    if ((int)type & ~(SOCK_TYPE_MASK | O_NONBLOCK | O_CLOEXEC)) return -EINVAL;
    return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK ? 0 : -EAFNOSUPPORT;
}

int64_t sys_socket(struct task *task, const uint64_t arg[6]) {
    struct file *file = NULL;
    int r = check_type((uint32_t)arg[0], arg[1]);
    if (r == 0) r = host_socket_new((int)arg[0], (int)arg[1] & SOCK_TYPE_MASK, (int)arg[2]);
    if (r >= 0) r = socket_file(task, r, arg[1], &file);
    return call_install(task, r ? NULL : file, (arg[1] & O_CLOEXEC) != 0, r);
}

int64_t sys_socketpair(struct task *task, const uint64_t arg[6]) {
    int host[2], fds[2];
    struct file *files[2] = {NULL, NULL};
    int32_t numbers[2];
    /* Linux writes the numbers before it makes the sockets: a bad address comes first. */
    int r = copy_from_guest(task, numbers, arg[3], sizeof numbers);
    if (r == 0) r = copy_to_guest(task, arg[3], numbers, sizeof numbers);
    if (r == 0) r = check_type((uint32_t)arg[0], arg[1]);
    if (r == 0) r = host_socket_pair((int)arg[0], (int)arg[1] & SOCK_TYPE_MASK, (int)arg[2], host);
    if (r) return r;
    r = socket_file(task, host[0], arg[1], &files[0]);
    const int second = socket_file(task, host[1], arg[1], &files[1]);
    if (r || second) {
        if (r == 0) file_put(files[0]);
        if (second == 0) file_put(files[1]);
        return r ? r : second;
    }
    r = fd_table_install_pair(task->fds, files, (arg[1] & O_CLOEXEC) != 0, fds);
    if (r) return r;
    numbers[0] = fds[0];
    numbers[1] = fds[1];
    if (copy_to_guest(task, arg[3], numbers, sizeof numbers) == 0) return 0;
    fd_table_close(task->fds, fds[0]);
    fd_table_close(task->fds, fds[1]);
    return -EFAULT;
}

int64_t sys_bind(struct task *task, const uint64_t arg[6]) {
    unsigned char address[HOST_SOCKET_ADDRESS_MAX];
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    int r = socket_fetch_address(task, arg[1], arg[2], address);
    if (r >= 0) r = host_socket_bind(host, address, (uint32_t)r);
    file_put(file);
    return r;
}

/* Waits for the connection that was begun, and tells how it went. */
static int finish_connect(struct task *task, int host) {
    int32_t error = 0;
    uint32_t size = sizeof error;
    int r = socket_wait(task, host, POLLOUT, SO_SNDTIMEO);
    if (r == -EAGAIN) return -EINPROGRESS;
    if (r == 0) r = host_socket_get_option(host, SOL_SOCKET, SO_ERROR, &error, &size);
    return r ? r : -error;
}

int64_t sys_connect(struct task *task, const uint64_t arg[6]) {
    unsigned char address[HOST_SOCKET_ADDRESS_MAX];
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host == -EBADF) return host;
    const int size = socket_fetch_address(task, arg[1], arg[2], address);
    if (host < 0) return size < 0 ? size : host;
    int r = size < 0 ? size : host_socket_connect(host, address, (uint32_t)size);
    const bool blocks = socket_blocks(file, 0);
    if (blocks && (r == -EINPROGRESS || r == -EALREADY)) r = finish_connect(task, host);
    /* A unix listener whose queue is full: there is no event for room in it but that the peer can be written to. */
    while (blocks && r == -EAGAIN && size >= 0) {
        r = sched_block(&task->sched, call_deadline_after(1000000)) == -EINTR ? -ERESTARTSYS
                                                                               : host_socket_connect(host, address, (uint32_t)size);
    }
    file_put(file);
    return r;
}

int64_t sys_listen(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    const int r = host_socket_listen(host, (int)arg[1]);
    file_put(file);
    return r;
}

static int accept_host(struct task *task, struct file *file, int host, unsigned char *address, uint32_t *size) {
    for (;;) {
        const uint32_t room = *size;
        int r = host_socket_accept(host, address, size);
        if (r != -EAGAIN || !socket_blocks(file, 0)) return r;
        *size = room;
        r = socket_wait(task, host, POLLIN, SO_RCVTIMEO);
        if (r) return r;
    }
}

static int64_t do_accept(struct task *task, const uint64_t arg[6], uint64_t flags) {
    unsigned char address[HOST_SOCKET_ADDRESS_MAX];
    uint32_t size = sizeof address;
    struct file *file, *fresh = NULL;
    const bool bad_flags = (int)flags & ~(O_NONBLOCK | O_CLOEXEC);
    const int host = socket_arg(task, arg[0], &file);
    if (host >= 0 && bad_flags) file_put(file);
    if (bad_flags && host != -EBADF) return -EINVAL;
    if (host < 0) return host;
    int r = accept_host(task, file, host, address, &size);
    file_put(file);
    if (r >= 0) r = socket_file(task, r, flags, &fresh);
    if (r) return r;
    r = socket_store_address(task, arg[1], arg[2], address, size);
    if (r) file_put(fresh);
    return call_install(task, r ? NULL : fresh, (flags & O_CLOEXEC) != 0, r);
}

int64_t sys_accept(struct task *task, const uint64_t arg[6]) {
    return do_accept(task, arg, 0);
}

int64_t sys_accept4(struct task *task, const uint64_t arg[6]) {
    return do_accept(task, arg, arg[3]);
}

static int64_t get_name(struct task *task, const uint64_t arg[6], bool peer) {
    unsigned char address[HOST_SOCKET_ADDRESS_MAX];
    uint32_t size = sizeof address;
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    int r = host_socket_name(host, peer, address, &size);
    file_put(file);
    if (r == 0 && !arg[1]) r = -EFAULT;
    return r ? r : socket_store_address(task, arg[1], arg[2], address, size);
}

int64_t sys_getsockname(struct task *task, const uint64_t arg[6]) {
    return get_name(task, arg, false);
}

int64_t sys_getpeername(struct task *task, const uint64_t arg[6]) {
    return get_name(task, arg, true);
}

int64_t sys_shutdown(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    const int r = host_socket_shutdown(host, (int)arg[1]);
    file_put(file);
    return r;
}

enum { OPTION_MAX = 4096 };

/* Options whose value holds addresses of the caller's memory. */
static bool holds_pointers(uint64_t level, uint64_t name) {
    return (int)level == SOL_SOCKET && ((int)name == SO_ATTACH_FILTER || (int)name == SO_ATTACH_BPF ||
                                        (int)name == SO_ATTACH_REUSEPORT_CBPF || (int)name == SO_ATTACH_REUSEPORT_EBPF);
}

int64_t sys_setsockopt(struct task *task, const uint64_t arg[6]) {
    unsigned char value[OPTION_MAX];
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    int r = (int32_t)arg[4] < 0 || (uint32_t)arg[4] > sizeof value ? -EINVAL : 0;
    if (r == 0 && holds_pointers(arg[1], arg[2])) r = -ENOPROTOOPT;
    if (r == 0 && (uint32_t)arg[4]) r = copy_from_guest(task, value, arg[3], (uint32_t)arg[4]);
    if (r == 0) r = host_socket_set_option(host, (int)arg[1], (int)arg[2], value, (uint32_t)arg[4]);
    file_put(file);
    return r;
}

int64_t sys_getsockopt(struct task *task, const uint64_t arg[6]) {
    unsigned char value[OPTION_MAX];
    int32_t room;
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    int r = copy_from_guest(task, &room, arg[4], sizeof room);
    if (r == 0 && room < 0) r = -EINVAL;
    uint32_t size = r || room > OPTION_MAX ? OPTION_MAX : (uint32_t)room;
    if (r == 0) r = host_socket_get_option(host, (int)arg[1], (int)arg[2], value, &size);
    if (r == 0 && size) r = copy_to_guest(task, arg[3], value, size);
    if (r == 0) r = copy_to_guest(task, arg[4], &size, sizeof size);
    file_put(file);
    return r;
}
