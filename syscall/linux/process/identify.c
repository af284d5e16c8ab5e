/* SPDX-License-Identifier: ISC */
/* The ids that messages of sockets carry. */
#include "syscall/linux/process/identify.h"

#include "syscall/linux/net/net.h"
#include "syscall/linux/process/task.h"

void task_identify(struct sched_thread *self, struct net_ids *out) {
    struct task *task = CONTAINER_OF(self, struct task, sched);
    const struct cred *cred = &task->cred;
    *out = (struct net_ids){
        .pid = task->process->pid, .uid = cred->uid, .gid = cred->gid, .euid = cred->euid, .egid = cred->egid,
        .privileged = cred_capable(cred, CAP_SYS_RESOURCE) || cred_capable(cred, CAP_SYS_ADMIN),
        .n_files = process_limit(task->process, RLIMIT_NOFILE),
    };
}
