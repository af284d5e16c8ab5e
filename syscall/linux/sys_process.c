/* SPDX-License-Identifier: ISC */
/* Process numbers, groups and sessions, and the ends of threads and processes. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/job_control.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"

#include "syscall/linux/abi/wait.h"

int64_t sys_getpid(struct task *task, const uint64_t args[6]) {
    return task->process->pid;
}

int64_t sys_gettid(struct task *task, const uint64_t args[6]) {
    return task_tid(task);
}

int64_t sys_getppid(struct task *task, const uint64_t args[6]) {
    return process_parent_pid(task->process);
}

int64_t sys_set_tid_address(struct task *task, const uint64_t args[6]) {
    task->clear_child_tid = args[0];
    return task_tid(task);
}

int64_t sys_exit(struct task *task, const uint64_t args[6]) {
    task->exit_code = wait_status_exited((int)args[0]);
    task->exiting = true;
    return 0;
}

int64_t sys_exit_group(struct task *task, const uint64_t args[6]) {
    struct process *process = task->process;
    signal_group_exit(process, wait_status_exited((int)args[0]));
    host_mutex_lock(&process->signal_lock);
    task->exit_code = process->group_status;
    host_mutex_unlock(&process->signal_lock);
    task->exiting = true;
    return 0;
}

/* The process with that pid, or the caller's for 0; borrowed while tasks_lock is held. */
static struct process *find_locked(struct task *task, int pid) {
    return pid ? pids_process_locked(task->kernel, pid) : task->process;
}

static int64_t read_number(struct task *task, int pid, int (*read)(const struct process *process)) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const struct process *process = find_locked(task, pid);
    const int64_t r = process ? read(process) : -ESRCH;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static int pgid_of(const struct process *process) {
    return process->pgid;
}

static int sid_of(const struct process *process) {
    return process->sid;
}

int64_t sys_getpgid(struct task *task, const uint64_t args[6]) {
    return read_number(task, (int)args[0], pgid_of);
}

int64_t sys_getpgrp(struct task *task, const uint64_t args[6]) {
    return read_number(task, 0, pgid_of);
}

int64_t sys_getsid(struct task *task, const uint64_t args[6]) {
    return read_number(task, (int)args[0], sid_of);
}

static bool group_in_session_locked(struct kernel *kernel, int pgid, int sid) {
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid == pgid && process->sid == sid) return true;
    }
    return false;
}

static int64_t setpgid_locked(struct task *task, int pid, int pgid) {
    struct process *self = task->process, *process = find_locked(task, pid);
    if (!process) return -ESRCH;
    if (process != self) {
        if (process->parent != self) return -ESRCH;
        if (process->sid != self->sid) return -EPERM;
        if (process->has_execed) return -EACCES;
    }
    if (process->sid == process->pid) return -EPERM;
    if (pgid == 0) pgid = process->pid;
    if (pgid != process->pid && !group_in_session_locked(task->kernel, pgid, self->sid)) return -EPERM;
    process->pgid = pgid;
    return 0;
}

int64_t sys_setpgid(struct task *task, const uint64_t args[6]) {
    if ((int)args[1] < 0) return -EINVAL;
    host_mutex_lock(&task->kernel->tasks_lock);
    const int64_t r = setpgid_locked(task, (int)args[0], (int)args[1]);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static int64_t setsid_locked(struct task *task) {
    struct process *self = task->process;
    PIDS_FOR_EACH_PROCESS(process, task->kernel) {
        if (process->pgid == self->pid) return -EPERM;
    }
    self->pgid = self->sid = self->pid;
    job_control_drop_locked(self);
    return self->pid;
}

int64_t sys_setsid(struct task *task, const uint64_t args[6]) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int64_t r = setsid_locked(task);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}
