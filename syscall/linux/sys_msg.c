/* SPDX-License-Identifier: ISC */
/* msgget(2), msgsnd(2), msgrcv(2), msgctl(2). In guest memory a message is its type, 8 bytes, and its text. */
#include "syscall/linux/ipc/msg.h"
#include "syscall/linux/ipc_call.h"

#include <stdlib.h>

enum { TYPE_SIZE = 8 };

int64_t sys_msgget(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    return msg_get(&caller, (int32_t)arg[0], (int)arg[1]);
}

int64_t sys_msgsnd(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    int64_t type;
    if (copy_from_guest(task, &type, arg[1], TYPE_SIZE)) return -EFAULT;
    if (arg[2] > MSGMAX || (int32_t)arg[0] < 0 || type < 1) return -EINVAL;
    struct msg *msg = malloc(sizeof *msg + arg[2]);
    if (!msg) return -ENOMEM;
    msg->next = NULL;
    msg->type = type;
    msg->size = arg[2];
    if (copy_from_guest(task, msg->bytes, arg[1] + TYPE_SIZE, msg->size)) {
        free(msg);
        return -EFAULT;
    }
    return msg_send(&caller, (int32_t)arg[0], msg, (int)arg[3]);
}

static int64_t deliver(struct task *task, uint64_t gva, const struct msg *msg, uint64_t max) {
    const size_t n = msg->size < max ? msg->size : max;
    if (copy_to_guest(task, gva, &msg->type, TYPE_SIZE)) return -EFAULT;
    return copy_to_guest(task, gva + TYPE_SIZE, msg->bytes, n) ? -EFAULT : (int64_t)n;
}

int64_t sys_msgrcv(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    const int flags = (int)arg[4];
    struct msg *msg = NULL;
    if ((int32_t)arg[0] < 0 || (int64_t)arg[2] < 0) return -EINVAL;
    if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT))) return -EINVAL;
    const int err = msg_receive(&caller, (int32_t)arg[0], (int64_t)arg[3], arg[2], flags, &msg);
    if (err) return err;
    const int64_t r = deliver(task, arg[1], msg, arg[2]);
    free(msg);
    return r;
}

static int64_t stat(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return msg_stat(caller, id, cmd, &data->msg);
}

static int64_t limits(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return msg_limits(caller, cmd, &data->msg_info);
}

static int64_t set(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return msg_set(caller, id, &data->msg);
}

static int64_t drop(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return msg_remove(caller, id);
}

int64_t sys_msgctl(struct task *task, const uint64_t arg[6]) {
    enum { DS = sizeof(struct linux_msqid_ds), INFO = sizeof(struct linux_msginfo) };
    static const struct ipc_command commands[] = {
        {IPC_RMID, 0, 0, drop},     {IPC_SET, DS, 0, set},        {IPC_STAT, 0, DS, stat},     {MSG_STAT, 0, DS, stat},
        {MSG_STAT_ANY, 0, DS, stat}, {IPC_INFO, 0, INFO, limits}, {MSG_INFO, 0, INFO, limits},
    };
    return ipc_control(task, commands, ARRAY_LEN(commands), (int32_t)arg[0], (int32_t)arg[1], arg[2]);
}
