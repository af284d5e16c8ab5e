/* SPDX-License-Identifier: ISC */
/* What the handlers of IPC calls share: who asks. */
#pragma once

#include "base/error.h"
#include "syscall/linux/handlers.h"
#include "syscall/linux/ipc/ipc.h"
#include "syscall/linux/process/task.h"

static inline struct ipc_caller ipc_caller_of(struct task *task) {
    const struct cred *cred = &task->cred;
    return (struct ipc_caller){
        .ipc = task->kernel->ipc, .self = &task->sched, .pid = task->process->pid, .uid = cred->euid, .gid = cred->egid,
        .groups = cred->groups, .n_groups = cred->n_groups, .is_owner = cred_capable(cred, CAP_IPC_OWNER),
        .is_admin = cred_capable(cred, CAP_SYS_ADMIN), .has_resource = cred_capable(cred, CAP_SYS_RESOURCE),
        .may_lock = cred_capable(cred, CAP_IPC_LOCK) || process_limit(task->process, RLIMIT_MEMLOCK) > 0,
    };
}
