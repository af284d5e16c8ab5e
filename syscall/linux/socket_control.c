/* SPDX-License-Identifier: ISC */
/* Control messages of sendmsg(2) and recvmsg(2): descriptors become files and back, ids are checked. Those of protocols
 * pass as they are. Source: unix(7), cmsg(3). */
#include "syscall/linux/socket_control.h"

#include "syscall/linux/process/pids.h"

#include <string.h>

/* Descriptors of one SCM_RIGHTS message become files, which the control holds. */
static int fetch_rights(struct task *task, const unsigned char *fds, size_t n, struct socket_control *control) {
    for (size_t i = 0; i < n; i++) {
        int32_t fd;
        memcpy(&fd, fds + 4 * i, sizeof fd);
        if (control->n_files == SCM_MAX_FD) return -EINVAL;
        struct file *file = call_file(task, (uint64_t)fd);
        if (!file) return -EBADF;
        control->files[control->n_files++] = file;
    }
    return 0;
}

static bool pid_exists(struct task *task, int pid) {
    struct process *process = process_find(task->kernel, pid);
    process_put(process);
    return process;
}

/* Who may say that it is whom. */
static int check_ids(struct task *task, const struct linux_ucred *ids) {
    const struct cred *cred = &task->cred;
    const bool own_pid = ids->pid == task->process->pid || cred_capable(cred, CAP_SYS_ADMIN);
    const bool own_uid = ids->uid == cred->uid || ids->uid == cred->euid || ids->uid == cred->suid || cred_capable(cred, CAP_SETUID);
    const bool own_gid = ids->gid == cred->gid || ids->gid == cred->egid || ids->gid == cred->sgid || cred_capable(cred, CAP_SETGID);
    if (!own_pid || !own_uid || !own_gid) return -EPERM;
    if (ids->pid != task->process->pid && !pid_exists(task, ids->pid)) return -ESRCH;
    return ids->uid == UINT32_MAX || ids->gid == UINT32_MAX ? -EINVAL : 0;
}

static int fetch_part(struct task *task, const struct linux_cmsghdr *part, const unsigned char *payload,
                      struct socket_control *control) {
    const size_t n = (size_t)part->size - sizeof *part;
    if (part->type == SCM_RIGHTS) return fetch_rights(task, payload, n / 4, control);
    if (part->type != SCM_CREDENTIALS || n != sizeof control->ids) return -EINVAL;
    memcpy(&control->ids, payload, sizeof control->ids);
    control->has_ids = true;
    return check_ids(task, &control->ids);
}

/* Keeps a message of a protocol in place among those kept before. */
static void keep_raw(struct socket_control *control, unsigned char *raw, const unsigned char *bytes, size_t n) {
    memmove(raw + control->raw_size, bytes, n);
    control->raw = raw;
    control->raw_size += (size_t)align_up(n, 8);
    if (control->raw_size > SOCKET_CONTROL_MAX) control->raw_size = SOCKET_CONTROL_MAX;
}

int socket_fetch_control(struct task *task, const struct socket *socket, const struct linux_msghdr *header,
                         unsigned char *raw, struct socket_control *control) {
    if (!header->control || !header->control_size) return 0;
    if (header->control_size > SOCKET_CONTROL_MAX) return -ENOBUFS;
    const size_t size = (size_t)header->control_size;
    int r = copy_from_guest(task, raw, header->control, size);
    for (size_t at = 0; r == 0 && at + sizeof(struct linux_cmsghdr) <= size;) {
        struct linux_cmsghdr part;
        memcpy(&part, raw + at, sizeof part);
        if (part.size < sizeof part || part.size > size - at) return -EINVAL;
        const bool general = part.level == SOL_SOCKET && (part.type == SCM_RIGHTS || part.type == SCM_CREDENTIALS);
        if (socket->family == AF_UNIX) {
            if (part.level == SOL_SOCKET) r = fetch_part(task, &part, raw + at + sizeof part, control);
        } else if (!general) {
            keep_raw(control, raw, raw + at, (size_t)part.size);
        }
        at += (size_t)align_up(part.size, 8);
    }
    return r;
}

/* The rest of the guest's room. */
struct control_room {
    struct task *task;
    uint64_t gva;
    size_t left, used;
    int *flags;
};

static void advance(struct control_room *room, size_t size) {
    const size_t space = (size_t)align_up(size, 8);
    const size_t step = space < room->left ? space : room->left;
    room->gva += step;
    room->left -= step;
    room->used += step;
}

/* Writes one message, cut to the room. */
static int put_part(struct control_room *room, int level, int type, const void *data, size_t n) {
    struct linux_cmsghdr part = {sizeof part + n, level, type};
    if (room->left < part.size) *room->flags |= MSG_CTRUNC;
    if (room->left < sizeof part) return 0;
    if (room->left < part.size) part.size = room->left;
    int r = copy_to_guest(room->task, room->gva, &part, sizeof part);
    if (r == 0 && part.size > sizeof part) {
        r = copy_to_guest(room->task, room->gva + sizeof part, data, (size_t)part.size - sizeof part);
    }
    advance(room, sizeof part + n);
    return r;
}

/* Gives files numbers, as many as there is room for; the others are dropped with the control. */
static int put_rights(struct control_room *room, struct socket_control *control, bool cloexec) {
    int32_t fds[SCM_MAX_FD];
    struct linux_cmsghdr part = {.level = SOL_SOCKET, .type = SCM_RIGHTS};
    const size_t most = room->left > sizeof part ? (room->left - sizeof part) / 4 : 0;
    int n = 0;
    while (n < control->n_files && (size_t)n < most) {
        fds[n] = fd_table_install(room->task->fds, file_get(control->files[n]), 0, cloexec);
        if (fds[n] < 0) break;
        n++;
    }
    if (n < control->n_files) *room->flags |= MSG_CTRUNC;
    if (n == 0) return 0;
    part.size = sizeof part + 4 * (size_t)n;
    int r = copy_to_guest(room->task, room->gva, &part, sizeof part);
    if (r == 0) r = copy_to_guest(room->task, room->gva + sizeof part, fds, 4 * (size_t)n);
    advance(room, (size_t)part.size);
    return r;
}

static int put_raw(struct control_room *room, const struct socket_control *control) {
    if (!control->raw_size) return 0;
    const size_t n = control->raw_size < room->left ? control->raw_size : room->left;
    const int r = copy_to_guest(room->task, room->gva, control->raw, n);
    advance(room, n);
    return r;
}

int socket_store_control(struct task *task, struct socket_control *control, struct linux_msghdr *header, int *flags) {
    struct control_room room = {task, header->control, (size_t)header->control_size, 0, flags};
    if (!header->control) room.left = 0;
    int r = put_raw(&room, control);
    if (r == 0 && control->has_ids) r = put_part(&room, SOL_SOCKET, SCM_CREDENTIALS, &control->ids, sizeof control->ids);
    if (r == 0 && control->n_files) r = put_rights(&room, control, (*flags & MSG_CMSG_CLOEXEC) != 0);
    header->control_size = room.used;
    return r;
}
