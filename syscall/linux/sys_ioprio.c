/* SPDX-License-Identifier: ISC */
/* ioprio_set(2), ioprio_get(2): kept and read back; the host schedules its disks. */
#include "base/bits.h"
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/task.h"

enum { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };
enum { CLASS_NONE, CLASS_RT, CLASS_BE, CLASS_IDLE, CLASS_SHIFT = 13, LEVELS = 8 };

struct visit {
    int which, who;
    uint32_t uid;
    int set;  /* the priority to set; -1: ask */
    int best; /* highest found; -1: nobody */
};

static int visit_task(struct task *task, void *arg) {
    struct visit *visit = arg;
    host_mutex_lock(&task->lock);
    if (visit->which != WHO_USER || task->cred.uid == visit->uid) {
        if (visit->set >= 0) task->io_priority = visit->set;
        const int found = task->io_priority;
        /* Lower classes and levels come first, but none at all comes last. */
        if (visit->best < 0 || visit->best == 0 || (found && found < visit->best)) visit->best = found;
    }
    host_mutex_unlock(&task->lock);
    return 0;
}

static int visit_process(struct process *process, void *arg) {
    const struct visit *visit = arg;
    host_mutex_lock(&process->kernel->tasks_lock);
    const bool meant = visit->which == WHO_USER || process->pgid == visit->who;
    host_mutex_unlock(&process->kernel->tasks_lock);
    if (meant) task_for_each(process, visit_task, arg);
    return 0;
}

static int visit_all(struct task *task, struct visit *visit) {
    if (visit->which == WHO_PROCESS) {
        struct task *other = visit->who ? task_find(task->kernel, visit->who) : task_get(task);
        if (other) visit_task(other, visit);
        task_put(other);
        return visit->best < 0 ? -ESRCH : visit->best;
    }
    if (visit->which != WHO_PGRP && visit->which != WHO_USER) return -EINVAL;
    visit->uid = visit->who ? (uint32_t)visit->who : task->cred.uid;
    if (visit->which == WHO_PGRP && !visit->who) {
        host_mutex_lock(&task->kernel->tasks_lock);
        visit->who = task->process->pgid;
        host_mutex_unlock(&task->kernel->tasks_lock);
    }
    process_for_each(task->kernel, visit_process, visit);
    return visit->best < 0 ? -ESRCH : visit->best;
}

static int check(struct task *task, int priority) {
    const int class = priority >> CLASS_SHIFT, level = priority & ((1 << CLASS_SHIFT) - 1);
    if (class == CLASS_RT && !cred_capable(&task->cred, CAP_SYS_ADMIN) && !cred_capable(&task->cred, CAP_SYS_NICE)) return -EPERM;
    if (class == CLASS_RT || class == CLASS_BE) return level < LEVELS ? 0 : -EINVAL;
    if (class == CLASS_NONE) return level ? -EINVAL : 0;
    return class == CLASS_IDLE ? 0 : -EINVAL;
}

int64_t sys_ioprio_set(struct task *task, const uint64_t arg[6]) {
    struct visit visit = {.which = (int)arg[0], .who = (int)arg[1], .set = (int)arg[2], .best = -1};
    int r = visit.set < 0 ? -EINVAL : check(task, visit.set);
    if (r == 0) r = visit_all(task, &visit);
    return r < 0 ? r : 0;
}

int64_t sys_ioprio_get(struct task *task, const uint64_t arg[6]) {
    struct visit visit = {.which = (int)arg[0], .who = (int)arg[1], .set = -1, .best = -1};
    return visit_all(task, &visit);
}
