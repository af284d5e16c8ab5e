/* SPDX-License-Identifier: ISC */
/* A process may be looked into when each of its threads may. */
#include "syscall/linux/access.h"

#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/task.h"

struct check {
    struct task *caller;
    int err;
};

static int check_task(struct task *other, void *arg) {
    struct check *check = arg;
    check->err = ptrace_may_access(check->caller, other);
    return check->err;
}

int access_process(struct task *task, struct process *target) {
    struct check check = {.caller = task};
    task_for_each(target, check_task, &check);
    return check.err;
}

struct process *access_find(struct task *task, int tid, int *err) {
    struct task *other = task_find(task->kernel, tid);
    struct process *process = other ? process_get(other->process) : process_find(task->kernel, tid);
    task_put(other);
    *err = process ? access_process(task, process) : -ESRCH;
    if (process && *err) process_put(process);
    return *err ? NULL : process;
}
