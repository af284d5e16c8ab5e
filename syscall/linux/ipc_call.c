/* SPDX-License-Identifier: ISC */
/* The commands of shmctl(2), semctl(2), msgctl(2) that read or write one structure. */
#include "syscall/linux/ipc_call.h"

struct ipc_caller ipc_caller_of(struct task *task) {
    const struct cred *cred = &task->cred;
    return (struct ipc_caller){
        .ipc = task->kernel->ipc, .self = &task->sched, .pid = task->process->pid, .uid = cred->euid, .gid = cred->egid,
        .groups = cred->groups, .n_groups = cred->n_groups, .is_owner = cred_capable(cred, CAP_IPC_OWNER),
        .is_admin = cred_capable(cred, CAP_SYS_ADMIN), .has_resource = cred_capable(cred, CAP_SYS_RESOURCE),
        .may_lock = cred_capable(cred, CAP_IPC_LOCK) || process_limit(task->process, RLIMIT_MEMLOCK) > 0,
    };
}

static int64_t carry_out(struct task *task, const struct ipc_command *command, int32_t id, uint64_t gva) {
    const struct ipc_caller caller = ipc_caller_of(task);
    union ipc_data data;
    if (command->in && copy_from_guest(task, &data, gva, command->in)) return -EFAULT;
    const int64_t r = command->fn(&caller, id, command->cmd, &data);
    if (r < 0 || !command->out) return r;
    return copy_to_guest(task, gva, &data, command->out) ? -EFAULT : r;
}

int64_t ipc_control(struct task *task, const struct ipc_command *commands, size_t n, int32_t id, int cmd, uint64_t gva) {
    if (id < 0) return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (commands[i].cmd == cmd) return carry_out(task, &commands[i], id, gva);
    }
    return -EINVAL;
}
