/* SPDX-License-Identifier: ISC */
/* Own threads may always; others when all their ids are the caller's, or with CAP_SYS_PTRACE. */
#include "syscall/linux/access.h"

#include "syscall/linux/process/task.h"

struct check {
    const struct cred *caller;
    bool refused;
};

static int check_task(struct task *other, void *arg) {
    struct check *check = arg;
    const struct cred *c = check->caller;
    host_mutex_lock(&other->lock);
    const struct cred *o = &other->cred;
    const bool same = c->fsuid == o->uid && c->fsuid == o->euid && c->fsuid == o->suid && c->fsgid == o->gid &&
                      c->fsgid == o->egid && c->fsgid == o->sgid;
    host_mutex_unlock(&other->lock);
    check->refused |= !same;
    return 0;
}

int access_process(struct task *task, struct process *target) {
    struct check check = {.caller = &task->cred};
    if (target == task->process || cred_capable(&task->cred, CAP_SYS_PTRACE)) return 0;
    task_for_each(target, check_task, &check);
    return check.refused ? -EPERM : 0;
}

struct process *access_find(struct task *task, int tid, int *err) {
    struct task *other = task_find(task->kernel, tid);
    struct process *process = other ? process_get(other->process) : process_find(task->kernel, tid);
    task_put(other);
    *err = process ? access_process(task, process) : -ESRCH;
    if (process && *err) process_put(process);
    return *err ? NULL : process;
}
