/* SPDX-License-Identifier: ISC */
/* What the handlers of IPC calls share: who asks, and xxxctl(2), which has a row for each command. */
#pragma once

#include "base/error.h"
#include "syscall/linux/abi/ipc.h"
#include "syscall/linux/handlers.h"
#include "syscall/linux/ipc/ipc.h"
#include "syscall/linux/process/task.h"

struct ipc_caller ipc_caller_of(struct task *task);

/* What a command copies from guest memory or to it. */
union ipc_data {
    struct linux_msqid_ds msg;
    struct linux_msginfo msg_info;
    struct linux_semid_ds sem;
    struct linux_seminfo sem_info;
    struct linux_shmid_ds shm;
    struct linux_shminfo shm_limits;
    struct linux_shm_info shm_info;
};

struct ipc_command {
    int cmd;
    size_t in, out; /* bytes of *data, before and after success; 0: none */
    int64_t (*fn)(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data);
};

/* Does what the row of cmd says, with the structure at gva. -EINVAL: a negative id, no such row. */
int64_t ipc_control(struct task *task, const struct ipc_command *commands, size_t n, int32_t id, int cmd, uint64_t gva);
