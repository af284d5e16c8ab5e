/* SPDX-License-Identifier: ISC */
/* sendto(2), recvfrom(2), sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2). */
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/socket_control.h"

#include <stdlib.h>

static int64_t send_whole(struct task *task, struct socket *socket, struct socket_message *message) {
    const struct vfs_caller caller = call_of(task);
    const struct socket_wait wait = socket_wait_for(socket, &task->sched, message->flags, false);
    message->caller = &caller;
    const int64_t r = socket_ops_of(socket)->send(socket, message, &wait);
    if (r == -EPIPE && socket->type == SOCK_STREAM && !(message->flags & MSG_NOSIGNAL)) signal_send_task(task, SIGPIPE, SI_USER);
    return r;
}

static int64_t receive(struct task *task, struct socket *socket, struct socket_message *message) {
    const struct socket_wait wait = socket_wait_for(socket, &task->sched, message->flags, true);
    return socket_ops_of(socket)->receive(socket, message, &wait);
}

int64_t sys_sendto(struct task *task, const uint64_t arg[6]) {
    const struct io_segment segment = {arg[1], arg[2]};
    struct socket_message message;
    struct io io;
    int err;
    struct socket *socket = socket_arg(task, arg[0], &err);
    if (!socket) return err;
    io_init(&io, task_space(task), &segment, 1, &task->sched);
    socket_message_init(&message, &io, (int)arg[3]);
    int64_t r = arg[4] ? socket_fetch_address(task, arg[4], arg[5], &message.address) : 0;
    if (r == 0) r = send_whole(task, socket, &message);
    file_put(&socket->file);
    return r;
}

int64_t sys_recvfrom(struct task *task, const uint64_t arg[6]) {
    const struct io_segment segment = {arg[1], arg[2]};
    struct socket_message message;
    struct io io;
    int err;
    struct socket *socket = socket_arg(task, arg[0], &err);
    if (!socket) return err;
    io_init(&io, task_space(task), &segment, 1, &task->sched);
    socket_message_init(&message, &io, (int)arg[3]);
    int64_t r = receive(task, socket, &message);
    if (r >= 0 && (err = socket_store_address(task, arg[4], arg[5], &message.address))) r = err;
    socket_control_drop(&message.control);
    file_put(&socket->file);
    return r;
}

/* A message's header and vector. Returns 0 and *segments to be freed, or -E. */
static int fetch_header(struct task *task, uint64_t gva, struct linux_msghdr *header, struct io_segment **segments) {
    int err = copy_from_guest(task, header, gva, sizeof *header);
    if (err) return err;
    if (!header->name) header->name_size = 0;
    if ((int32_t)header->name_size < 0) return -EINVAL;
    if (header->name_size > SOCKET_ADDRESS_MAX) header->name_size = SOCKET_ADDRESS_MAX;
    if (header->n_iov > LINUX_IOV_MAX) return -EMSGSIZE;
    const size_t n = (size_t)header->n_iov;
    *segments = calloc(n + 1, sizeof **segments);
    if (!*segments) return -ENOMEM;
    if (n) err = copy_from_guest(task, *segments, header->iov, n * sizeof **segments);
    for (size_t i = 0; err == 0 && i < n; i++) {
        if ((int64_t)(*segments)[i].size < 0) err = -EINVAL;
    }
    if (err) free(*segments);
    return err;
}

static int64_t send_message(struct task *task, struct socket *socket, uint64_t gva, int flags) {
    unsigned char raw[SOCKET_CONTROL_MAX];
    struct linux_msghdr header;
    struct socket_message message;
    struct io_segment *segments;
    struct io io;
    int64_t r = fetch_header(task, gva, &header, &segments);
    if (r) return r;
    io_init(&io, task_space(task), segments, (unsigned)header.n_iov, &task->sched);
    socket_message_init(&message, &io, flags);
    if (header.name_size) r = socket_fetch_address(task, header.name, header.name_size, &message.address);
    if (r == 0) r = socket_fetch_control(task, socket, &header, raw, &message.control);
    if (r == 0) r = send_whole(task, socket, &message);
    socket_control_drop(&message.control);
    free(segments);
    return r;
}

/* Writes what came beside the data: address, control, flags. */
static int store_header(struct task *task, struct socket_message *message, struct linux_msghdr *header, uint64_t gva) {
    int r = 0;
    if (header->name) {
        r = socket_copy_address(task, header->name, header->name_size, &message->address);
        header->name_size = message->address.size;
    }
    if (r == 0) r = socket_store_control(task, &message->control, header, &message->flags);
    header->flags = (uint32_t)message->flags;
    return r ? r : copy_to_guest(task, gva, header, sizeof *header);
}

static int64_t receive_message(struct task *task, struct socket *socket, uint64_t gva, int flags) {
    unsigned char raw[SOCKET_CONTROL_MAX];
    struct linux_msghdr header;
    struct socket_message message;
    struct io_segment *segments;
    struct io io;
    int err = fetch_header(task, gva, &header, &segments);
    if (err) return err;
    io_init(&io, task_space(task), segments, (unsigned)header.n_iov, &task->sched);
    socket_message_init(&message, &io, flags);
    if (header.control) {
        message.control.raw = raw;
        message.control.raw_room = header.control_size < sizeof raw ? (size_t)header.control_size : sizeof raw;
    }
    int64_t r = receive(task, socket, &message);
    if (r >= 0 && (err = store_header(task, &message, &header, gva))) r = err;
    socket_control_drop(&message.control);
    free(segments);
    return r;
}

typedef int64_t message_fn(struct task *task, struct socket *socket, uint64_t gva, int flags);

static int64_t one_message(struct task *task, const uint64_t arg[6], message_fn *fn) {
    int err;
    struct socket *socket = socket_arg(task, arg[0], &err);
    if (!socket) return err;
    const int64_t r = fn(task, socket, arg[1], (int)arg[2]);
    file_put(&socket->file);
    return r;
}

int64_t sys_sendmsg(struct task *task, const uint64_t arg[6]) {
    return one_message(task, arg, send_message);
}

int64_t sys_recvmsg(struct task *task, const uint64_t arg[6]) {
    return one_message(task, arg, receive_message);
}

/* What one takes of a serial machine's time. */
enum { MESSAGE_NS = 500 };

/* Up to n messages until deadline_ns has passed after one; each one's length is written behind its header. Later ones do
 * not wait after MSG_WAITFORONE. */
static int64_t many_messages(struct task *task, const uint64_t arg[6], message_fn *fn, int64_t deadline_ns) {
    int err;
    struct socket *socket = socket_arg(task, arg[0], &err);
    if (!socket) return err;
    const unsigned n = (unsigned)arg[2] < LINUX_IOV_MAX ? (unsigned)arg[2] : LINUX_IOV_MAX;
    int flags = (int)arg[3] & ~MSG_WAITFORONE;
    unsigned done = 0;
    int64_t r = 0;
    while (done < n) {
        const uint64_t gva = arg[1] + done * sizeof(struct linux_mmsghdr);
        r = fn(task, socket, gva, flags);
        if (r < 0) break;
        const uint32_t length = (uint32_t)r;
        if (copy_to_guest(task, gva + sizeof(struct linux_msghdr), &length, sizeof length)) r = -EFAULT;
        if (r < 0) break;
        done++;
        sched_spend(&task->sched, MESSAGE_NS);
        if ((int)arg[3] & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
        if (deadline_ns != SCHED_NEVER && sched_now_ns(&task->sched) >= deadline_ns) break;
    }
    file_put(&socket->file);
    return done ? done : r;
}

int64_t sys_sendmmsg(struct task *task, const uint64_t arg[6]) {
    return many_messages(task, arg, send_message, SCHED_NEVER);
}

/* What is left of the time goes back to the guest. */
int64_t sys_recvmmsg(struct task *task, const uint64_t arg[6]) {
    int64_t deadline;
    int64_t r = call_deadline(task, arg[4], &deadline);
    if (r) return r;
    r = many_messages(task, arg, receive_message, deadline);
    if (r < 0 || deadline == SCHED_NEVER) return r;
    int64_t left = deadline - sched_now_ns(&task->sched);
    if (left < 0) left = 0;
    const struct guest_timespec t = {left / 1000000000, left % 1000000000};
    return copy_to_guest(task, arg[4], &t, sizeof t) ? -EFAULT : r;
}
