/* SPDX-License-Identifier: ISC */
/* sendto(2), recvfrom(2), sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2). The bytes go through one buffer; of control
 * messages SCM_RIGHTS is carried, with descriptors of host files. */
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/fs/host_open.h"
#include "host/file.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/socket.h"

#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 1 << 20, CONTROL_MAX = 4096 };

/* A message with room for its parts. */
struct parcel {
    struct host_message message;
    unsigned char address[HOST_SOCKET_ADDRESS_MAX];
    unsigned char control[CONTROL_MAX];
    struct file *held[SCM_MAX_FD]; /* counted: files whose host descriptors are in control */
    int n_held;
};

static struct parcel *parcel_new(uint64_t size) {
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (!parcel) return NULL;
    parcel->message.size = size < DATA_MAX ? (size_t)size : DATA_MAX;
    parcel->message.data = malloc(parcel->message.size ? parcel->message.size : 1);
    if (parcel->message.data) return parcel;
    free(parcel);
    return NULL;
}

static void parcel_free(struct parcel *parcel) {
    for (int i = 0; i < parcel->n_held; i++) file_put(parcel->held[i]);
    free(parcel->message.data);
    free(parcel);
}

static int64_t send_parcel(struct task *task, struct file *file, int host, struct parcel *parcel, int flags) {
    int64_t n;
    while ((n = host_socket_send(host, &parcel->message, flags)) == -EAGAIN && socket_blocks(file, flags)) {
        const int r = socket_wait(task, host, POLLOUT, SO_SNDTIMEO);
        if (r) return r;
    }
    if (n == -EPIPE && !(flags & MSG_NOSIGNAL)) signal_send_task(task, SIGPIPE, SI_USER);
    return n;
}

/* A stream takes what it has room for: the rest is sent as room comes. */
static int64_t send_whole(struct task *task, struct file *file, int host, struct parcel *parcel, int flags) {
    int64_t done = 0;
    for (;;) {
        const int64_t n = send_parcel(task, file, host, parcel, flags);
        if (n < 0) return done ? done : n;
        done += n;
        if ((size_t)n >= parcel->message.size || !socket_blocks(file, flags)) return done;
        memmove(parcel->message.data, (char *)parcel->message.data + n, parcel->message.size - (size_t)n);
        parcel->message.size -= (size_t)n;
        parcel->message.control_size = 0;
    }
}

static int64_t receive_parcel(struct task *task, struct file *file, int host, struct parcel *parcel, int flags) {
    const struct host_message before = parcel->message;
    int64_t n;
    while ((n = host_socket_receive(host, &parcel->message, flags)) == -EAGAIN && socket_blocks(file, flags)) {
        const int r = socket_wait(task, host, POLLIN, SO_RCVTIMEO);
        if (r) return r;
        parcel->message = before;
    }
    return n;
}

static int64_t fetch_data(struct task *task, struct parcel *parcel, const struct io_segment *segments, unsigned n) {
    struct io io;
    io_init(&io, task_space(task), segments, n, NULL);
    io_pull(&io, parcel->message.data, parcel->message.size);
    return io.fault ? -EFAULT : 0;
}

static int64_t store_data(struct task *task, struct parcel *parcel, const struct io_segment *segments, unsigned n,
                          int64_t received) {
    struct io io;
    const size_t size = (size_t)received < parcel->message.size ? (size_t)received : parcel->message.size;
    io_init(&io, task_space(task), segments, n, NULL);
    io_push(&io, parcel->message.data, size);
    return io.fault ? -EFAULT : received;
}

static int64_t fetch_destination(struct task *task, struct parcel *parcel, uint64_t gva, uint64_t size) {
    if (!gva) return 0;
    const int r = socket_fetch_address(task, gva, size, parcel->address);
    if (r < 0) return r;
    parcel->message.address = parcel->address;
    parcel->message.address_size = (uint32_t)r;
    return 0;
}

int64_t sys_sendto(struct task *task, const uint64_t arg[6]) {
    const struct io_segment segment = {arg[1], arg[2]};
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    struct parcel *parcel = parcel_new(arg[2]);
    int64_t r = parcel ? fetch_data(task, parcel, &segment, 1) : -ENOMEM;
    if (r == 0) r = fetch_destination(task, parcel, arg[4], arg[5]);
    if (r == 0) r = send_whole(task, file, host, parcel, (int)arg[3]);
    if (parcel) parcel_free(parcel);
    file_put(file);
    return r;
}

int64_t sys_recvfrom(struct task *task, const uint64_t arg[6]) {
    const struct io_segment segment = {arg[1], arg[2]};
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    struct parcel *parcel = parcel_new(arg[2]);
    int64_t r = parcel ? 0 : -ENOMEM;
    if (r == 0) {
        parcel->message.address = parcel->address;
        parcel->message.address_size = sizeof parcel->address;
        r = receive_parcel(task, file, host, parcel, (int)arg[3]);
    }
    if (r >= 0) r = store_data(task, parcel, &segment, 1, r);
    if (r >= 0) {
        const int err = socket_store_address(task, arg[4], arg[5], parcel->address, parcel->message.address_size);
        if (err) r = err;
    }
    if (parcel) parcel_free(parcel);
    file_put(file);
    return r;
}

/* Turns the guest's descriptors of one SCM_RIGHTS message into the host's, in place. */
static int translate_rights(struct task *task, struct parcel *parcel, unsigned char *fds, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int32_t fd;
        memcpy(&fd, fds + 4 * i, sizeof fd);
        if (parcel->n_held == SCM_MAX_FD) return -EINVAL;
        struct file *file = call_file(task, (uint64_t)fd);
        if (!file) return -EBADF;
        parcel->held[parcel->n_held++] = file;
        fd = file_host_fd(file);
        if (fd < 0) return -EOPNOTSUPP;
        memcpy(fds + 4 * i, &fd, sizeof fd);
    }
    return 0;
}

static int fetch_control(struct task *task, struct parcel *parcel, const struct linux_msghdr *header) {
    if (!header->control || !header->control_size) return 0;
    if (header->control_size > sizeof parcel->control) return -ENOBUFS;
    const size_t size = (size_t)header->control_size;
    int r = copy_from_guest(task, parcel->control, header->control, size);
    for (size_t at = 0; r == 0 && at + sizeof(struct linux_cmsghdr) <= size;) {
        struct linux_cmsghdr part;
        memcpy(&part, parcel->control + at, sizeof part);
        if (part.size < sizeof part || part.size > size - at) return -EINVAL;
        const size_t payload = (size_t)part.size - sizeof part;
        if (part.level == SOL_SOCKET && part.type == SCM_RIGHTS) {
            r = translate_rights(task, parcel, parcel->control + at + sizeof part, payload / 4);
        } else if (part.level == SOL_SOCKET) {
            r = -EOPNOTSUPP;
        }
        at += (size_t)align_up(part.size, 8);
    }
    parcel->message.control = parcel->control;
    parcel->message.control_size = size;
    return r;
}

/* Gives received host descriptors numbers of the guest, in place. One that finds no number is closed and lost. */
static void adopt_rights(struct task *task, unsigned char *fds, size_t n, bool cloexec) {
    for (size_t i = 0; i < n; i++) {
        int32_t fd;
        struct file *file;
        memcpy(&fd, fds + 4 * i, sizeof fd);
        const int flags = host_file_get_flags(fd);
        int32_t number = host_open_fd(task->kernel->vfs, fd, flags < 0 ? O_RDWR : flags & ~O_NONBLOCK, &file);
        if (number == 0) number = fd_table_install(task->fds, file, 0, cloexec);
        memcpy(fds + 4 * i, &number, sizeof number);
    }
}

static int store_control(struct task *task, struct parcel *parcel, struct linux_msghdr *header, int flags) {
    const size_t size = parcel->message.control_size;
    for (size_t at = 0; at + sizeof(struct linux_cmsghdr) <= size;) {
        struct linux_cmsghdr part;
        memcpy(&part, parcel->control + at, sizeof part);
        if (part.size < sizeof part || part.size > size - at) break;
        if (part.level == SOL_SOCKET && part.type == SCM_RIGHTS) {
            const size_t n = ((size_t)part.size - sizeof part) / 4;
            adopt_rights(task, parcel->control + at + sizeof part, n, (flags & MSG_CMSG_CLOEXEC) != 0);
        }
        at += (size_t)align_up(part.size, 8);
    }
    header->control_size = size;
    return size ? copy_to_guest(task, header->control, parcel->control, size) : 0;
}

/* The vector of a message. Returns it (to be freed), with its size in bytes in *total, or NULL and *err. */
static struct io_segment *fetch_vector(struct task *task, const struct linux_msghdr *header, uint64_t *total, int *err) {
    *err = header->n_iov > LINUX_IOV_MAX ? -EMSGSIZE : 0;
    if (*err) return NULL;
    const size_t n = (size_t)header->n_iov;
    struct io_segment *segments = calloc(n + 1, sizeof *segments);
    *err = !segments ? -ENOMEM : n ? copy_from_guest(task, segments, header->iov, n * sizeof *segments) : 0;
    *total = 0;
    for (size_t i = 0; *err == 0 && i < n; i++) {
        if ((int64_t)segments[i].size < 0) *err = -EINVAL;
        *total += segments[i].size < IO_MAX ? segments[i].size : IO_MAX;
    }
    if (*err == 0) return segments;
    free(segments);
    return NULL;
}

static int64_t send_message(struct task *task, struct file *file, int host, uint64_t gva, int flags) {
    struct linux_msghdr header;
    uint64_t total;
    int err;
    if (copy_from_guest(task, &header, gva, sizeof header)) return -EFAULT;
    struct io_segment *segments = fetch_vector(task, &header, &total, &err);
    if (!segments) return err;
    struct parcel *parcel = parcel_new(total);
    int64_t r = parcel ? fetch_data(task, parcel, segments, (unsigned)header.n_iov) : -ENOMEM;
    if (r == 0) r = fetch_destination(task, parcel, header.name, header.name_size);
    if (r == 0) r = fetch_control(task, parcel, &header);
    if (r == 0) r = send_whole(task, file, host, parcel, flags);
    if (parcel) parcel_free(parcel);
    free(segments);
    return r;
}

/* Writes what came beside the data: address, control, flags. */
static int store_header(struct task *task, struct parcel *parcel, struct linux_msghdr *header, uint64_t gva, int flags) {
    int r = 0;
    if (header->name) {
        const uint32_t room = header->name_size;
        header->name_size = parcel->message.address_size;
        r = socket_copy_address(task, header->name, room, parcel->address, &header->name_size);
    }
    if (r == 0) r = store_control(task, parcel, header, flags);
    header->flags = (uint32_t)parcel->message.flags & ~(uint32_t)MSG_CMSG_CLOEXEC;
    return r ? r : copy_to_guest(task, gva, header, sizeof *header);
}

static int64_t receive_message(struct task *task, struct file *file, int host, uint64_t gva, int flags) {
    struct linux_msghdr header;
    uint64_t total;
    int err;
    if (copy_from_guest(task, &header, gva, sizeof header)) return -EFAULT;
    struct io_segment *segments = fetch_vector(task, &header, &total, &err);
    if (!segments) return err;
    struct parcel *parcel = parcel_new(total);
    int64_t r = parcel ? 0 : -ENOMEM;
    if (r == 0) {
        struct host_message *message = &parcel->message;
        message->address = parcel->address;
        message->address_size = header.name ? sizeof parcel->address : 0;
        message->control = parcel->control;
        message->control_size = header.control_size < CONTROL_MAX ? (size_t)header.control_size : CONTROL_MAX;
        r = receive_parcel(task, file, host, parcel, flags);
    }
    if (r >= 0) r = store_data(task, parcel, segments, (unsigned)header.n_iov, r);
    if (r >= 0 && (err = store_header(task, parcel, &header, gva, flags))) r = err;
    if (parcel) parcel_free(parcel);
    free(segments);
    return r;
}

typedef int64_t message_fn(struct task *task, struct file *file, int host, uint64_t gva, int flags);

static int64_t one_message(struct task *task, const uint64_t arg[6], message_fn *fn) {
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    const int64_t r = fn(task, file, host, arg[1], (int)arg[2]);
    file_put(file);
    return r;
}

int64_t sys_sendmsg(struct task *task, const uint64_t arg[6]) {
    return one_message(task, arg, send_message);
}

int64_t sys_recvmsg(struct task *task, const uint64_t arg[6]) {
    return one_message(task, arg, receive_message);
}

/* Up to n messages; each one's length is written behind its header. Later ones do not wait after MSG_WAITFORONE. */
static int64_t many_messages(struct task *task, const uint64_t arg[6], message_fn *fn) {
    struct file *file;
    const int host = socket_arg(task, arg[0], &file);
    if (host < 0) return host;
    const unsigned n = (unsigned)arg[2] < LINUX_IOV_MAX ? (unsigned)arg[2] : LINUX_IOV_MAX;
    int flags = (int)arg[3] & ~MSG_WAITFORONE;
    unsigned done = 0;
    int64_t r = 0;
    for (; done < n; done++) {
        const uint64_t gva = arg[1] + done * sizeof(struct linux_mmsghdr);
        r = fn(task, file, host, gva, flags);
        if (r < 0) break;
        const uint32_t length = (uint32_t)r;
        if (copy_to_guest(task, gva + sizeof(struct linux_msghdr), &length, sizeof length)) r = -EFAULT;
        if (r < 0) break;
        if ((int)arg[3] & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
    }
    file_put(file);
    return done ? done : r;
}

int64_t sys_sendmmsg(struct task *task, const uint64_t arg[6]) {
    return many_messages(task, arg, send_message);
}
