/* SPDX-License-Identifier: ISC */
/* Making, naming and connecting sockets, and their options. */
#include "syscall/linux/socket_call.h"

/* type: with SOCK_NONBLOCK and SOCK_CLOEXEC, which are O_NONBLOCK and O_CLOEXEC. */
static int check_flags(uint64_t type) {
    return (int)type & ~(SOCK_TYPE_MASK | O_NONBLOCK | O_CLOEXEC) ? -EINVAL : 0;
}

int64_t sys_socket(struct task *task, const uint64_t arg[6]) {
    struct file *file = NULL;
    const int type = (int)arg[1];
    int r = check_flags(arg[1]);
    if (r == 0) r = socket_new(task->kernel->net, (int)arg[0], type & SOCK_TYPE_MASK, (int)arg[2], type & O_NONBLOCK, &file);
    return call_install(task, r ? NULL : file, (type & O_CLOEXEC) != 0, r);
}

int64_t sys_socketpair(struct task *task, const uint64_t arg[6]) {
    int fds[2];
    const int type = (int)arg[1];
    struct file *files[2];
    int32_t numbers[2];
    /* Linux writes the numbers before it makes the sockets: a bad address comes first. */
    int r = check_flags(arg[1]);
    if (r == 0) r = copy_from_guest(task, numbers, arg[3], sizeof numbers);
    if (r == 0) r = copy_to_guest(task, arg[3], numbers, sizeof numbers);
    if (r == 0) {
        r = socket_new_pair(task->kernel->net, (int)arg[0], type & SOCK_TYPE_MASK, (int)arg[2], type & O_NONBLOCK, &task->sched,
                            files);
    }
    if (r == 0) r = fd_table_install_pair(task->fds, files, (type & O_CLOEXEC) != 0, fds);
    if (r) return r;
    numbers[0] = fds[0];
    numbers[1] = fds[1];
    if (copy_to_guest(task, arg[3], numbers, sizeof numbers) == 0) return 0;
    fd_table_close(task->fds, fds[0]);
    fd_table_close(task->fds, fds[1]);
    return -EFAULT;
}

int64_t sys_bind(struct task *task, const uint64_t arg[6]) {
    struct socket_address address;
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    const struct vfs_caller caller = call_of(task);
    const struct socket_ops *ops = socket_ops_of(socket);
    r = socket_fetch_address(task, arg[1], arg[2], &address);
    if (r == 0) r = ops->bind ? ops->bind(socket, &caller, &address) : -EOPNOTSUPP;
    file_put(&socket->file);
    return r;
}

int64_t sys_connect(struct task *task, const uint64_t arg[6]) {
    struct socket_address address;
    int r;
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    struct socket *socket = socket_of(file);
    r = socket_fetch_address(task, arg[1], arg[2], &address);
    if (r == 0 && !socket) r = -ENOTSOCK;
    if (r == 0) {
        const struct vfs_caller caller = call_of(task);
        const struct socket_ops *ops = socket_ops_of(socket);
        const struct socket_wait wait = socket_wait_for(socket, &task->sched, 0, false);
        r = ops->connect ? ops->connect(socket, &caller, &address, &wait) : -EOPNOTSUPP;
    }
    file_put(file);
    return r;
}

int64_t sys_listen(struct task *task, const uint64_t arg[6]) {
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    const struct socket_ops *ops = socket_ops_of(socket);
    r = ops->listen ? ops->listen(socket, (int)arg[1], &task->sched) : -EOPNOTSUPP;
    file_put(&socket->file);
    return r;
}

static int64_t accept_one(struct task *task, struct socket *socket, const uint64_t arg[6], int flags) {
    struct socket_address peer = {0};
    struct file *file = NULL;
    const struct socket_wait wait = socket_wait_for(socket, &task->sched, 0, true);
    const struct socket_ops *ops = socket_ops_of(socket);
    int r = fd_table_check_room(task->fds);
    if (r == 0) r = ops->accept ? ops->accept(socket, &wait, flags & O_NONBLOCK, &file, &peer) : -EOPNOTSUPP;
    if (r) return r;
    r = socket_store_address(task, arg[1], arg[2], &peer);
    if (r) file_put(file);
    return call_install(task, r ? NULL : file, (flags & O_CLOEXEC) != 0, r);
}

static int64_t do_accept(struct task *task, const uint64_t arg[6], int flags) {
    int err;
    struct socket *socket = socket_arg(task, arg[0], &err);
    const bool bad_flags = flags & ~(O_NONBLOCK | O_CLOEXEC);
    if (!socket) return bad_flags && err == -ENOTSOCK ? -EINVAL : err;
    const int64_t r = bad_flags ? -EINVAL : accept_one(task, socket, arg, flags);
    file_put(&socket->file);
    return r;
}

int64_t sys_accept(struct task *task, const uint64_t arg[6]) {
    return do_accept(task, arg, 0);
}

int64_t sys_accept4(struct task *task, const uint64_t arg[6]) {
    return do_accept(task, arg, (int)arg[3]);
}

static int64_t get_name(struct task *task, const uint64_t arg[6], bool peer) {
    struct socket_address address = {0};
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    const struct socket_ops *ops = socket_ops_of(socket);
    r = ops->name ? ops->name(socket, peer, &address) : -EOPNOTSUPP;
    file_put(&socket->file);
    if (r == 0 && !arg[1]) r = -EFAULT;
    return r ? r : socket_store_address(task, arg[1], arg[2], &address);
}

int64_t sys_getsockname(struct task *task, const uint64_t arg[6]) {
    return get_name(task, arg, false);
}

int64_t sys_getpeername(struct task *task, const uint64_t arg[6]) {
    return get_name(task, arg, true);
}

int64_t sys_shutdown(struct task *task, const uint64_t arg[6]) {
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    const struct socket_ops *ops = socket_ops_of(socket);
    r = ops->shutdown ? ops->shutdown(socket, (int)arg[1]) : -EOPNOTSUPP;
    file_put(&socket->file);
    return r;
}

enum { OPTION_MAX = 4096 };

int64_t sys_setsockopt(struct task *task, const uint64_t arg[6]) {
    unsigned char value[OPTION_MAX];
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    const uint32_t size = (uint32_t)arg[4];
    r = (int32_t)size < 0 || size > sizeof value ? -EINVAL : 0;
    if (r == 0 && size) r = copy_from_guest(task, value, arg[3], size);
    if (r == 0) r = socket_set_option(socket, (int)arg[1], (int)arg[2], value, size);
    file_put(&socket->file);
    return r;
}

int64_t sys_getsockopt(struct task *task, const uint64_t arg[6]) {
    unsigned char value[OPTION_MAX];
    int32_t room;
    int r;
    struct socket *socket = socket_arg(task, arg[0], &r);
    if (!socket) return r;
    r = copy_from_guest(task, &room, arg[4], sizeof room);
    if (r == 0 && room < 0) r = -EINVAL;
    uint32_t size = r || room > OPTION_MAX ? OPTION_MAX : (uint32_t)room;
    if (r == 0) r = socket_get_option(socket, (int)arg[1], (int)arg[2], value, &size);
    if (r == 0 && size) r = copy_to_guest(task, arg[3], value, size);
    if (r == 0) r = copy_to_guest(task, arg[4], &size, sizeof size);
    file_put(&socket->file);
    return r;
}
