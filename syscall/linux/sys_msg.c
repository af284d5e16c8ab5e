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

static int64_t stat(struct task *task, const struct ipc_caller *caller, const uint64_t arg[6], int cmd) {
    struct linux_msqid_ds ds;
    const int64_t r = msg_stat(caller, (int32_t)arg[0], cmd, &ds);
    return r < 0 || copy_to_guest(task, arg[2], &ds, sizeof ds) == 0 ? r : -EFAULT;
}

static int64_t limits(struct task *task, const struct ipc_caller *caller, int cmd, uint64_t gva) {
    struct linux_msginfo info;
    const int64_t r = msg_limits(caller, cmd, &info);
    return copy_to_guest(task, gva, &info, sizeof info) ? -EFAULT : r;
}

static int64_t set(struct task *task, const struct ipc_caller *caller, const uint64_t arg[6]) {
    struct linux_msqid_ds ds;
    if (copy_from_guest(task, &ds, arg[2], sizeof ds)) return -EFAULT;
    return msg_set(caller, (int32_t)arg[0], &ds);
}

int64_t sys_msgctl(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    const int32_t id = (int32_t)arg[0], cmd = (int32_t)arg[1];
    if (id < 0 || cmd < 0) return -EINVAL;
    switch (cmd) {
        case IPC_RMID: return msg_remove(&caller, id);
        case IPC_SET: return set(task, &caller, arg);
        case IPC_STAT:
        case MSG_STAT:
        case MSG_STAT_ANY: return stat(task, &caller, arg, cmd);
        case IPC_INFO:
        case MSG_INFO: return limits(task, &caller, cmd, arg[2]);
        default: return -EINVAL;
    }
}
