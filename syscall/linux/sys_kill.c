/* SPDX-License-Identifier: ISC */
/* Sending signals from one process to others. Source: kill(2), tgkill(2), rt_sigqueueinfo(2). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"

static bool is_signal_or_zero(int signo) {
    return signo >= 0 && signo <= SIGNAL_COUNT;
}

/* Credentials of a process are those of any of its threads. */
static bool may_signal_locked(struct task *task, struct process *target, int signo) {
    const struct cred *cred = &task->cred;
    if (target == task->process || cred_capable(cred, CAP_KILL)) return true;
    if (signo == SIGCONT && target->sid == task->process->sid) return true;
    bool allowed = true;
    host_mutex_lock(&target->signal_lock);
    if (!list_empty(&target->threads)) {
        struct task *other = CONTAINER_OF(target->threads.next, struct task, thread_node);
        host_mutex_lock(&other->lock);
        const struct cred *theirs = &other->cred;
        allowed = cred->euid == theirs->suid || cred->euid == theirs->uid || cred->uid == theirs->suid ||
                  cred->uid == theirs->uid;
        host_mutex_unlock(&other->lock);
    }
    host_mutex_unlock(&target->signal_lock);
    return allowed;
}

static int send_locked(struct task *task, struct process *target, const struct guest_siginfo *info) {
    if (!may_signal_locked(task, target, info->signo)) return -EPERM;
    return info->signo ? signal_send_info_process(target, info) : 0;
}

static int kill_many_locked(struct task *task, int pgid, const struct guest_siginfo *info) {
    int r = -ESRCH;
    PIDS_FOR_EACH_PROCESS(process, task->kernel) {
        const bool meant = pgid ? process->pgid == pgid : process != task->process && process != task->kernel->init;
        if (!meant) continue;
        const int one = send_locked(task, process, info);
        if (one == 0 || r == -ESRCH) r = one;
    }
    return r;
}

static int kill_locked(struct task *task, int pid, const struct guest_siginfo *info) {
    if (pid == -1) return kill_many_locked(task, 0, info);
    if (pid == 0) return kill_many_locked(task, task->process->pgid, info);
    if (pid < 0) return kill_many_locked(task, -pid, info);
    if (pid == KERNEL_PID) return cred_capable(&task->cred, CAP_KILL) ? 0 : -EPERM; /* takes no signal */
    struct process *process = pids_process_locked(task->kernel, pid);
    if (!process) {
        struct task *thread = pids_task_locked(task->kernel, pid); /* a thread's tid stands for its process */
        process = thread ? thread->process : NULL;
    }
    return process ? send_locked(task, process, info) : -ESRCH;
}

int64_t sys_kill(struct task *task, const uint64_t args[6]) {
    const int pid = (int)args[0], signo = (int)args[1];
    const struct guest_siginfo info = signal_info_from(task, signo, SI_USER);
    if (!is_signal_or_zero(signo)) return -EINVAL;
    if (pid == INT32_MIN) return -ESRCH;
    host_mutex_lock(&task->kernel->tasks_lock);
    const int r = kill_locked(task, pid, &info);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

/* tgid 0: any process. */
static int send_to_thread(struct task *task, int tgid, int tid, const struct guest_siginfo *info) {
    int r = -ESRCH;
    host_mutex_lock(&task->kernel->tasks_lock);
    struct task *target = pids_task_locked(task->kernel, tid);
    if (target && (!tgid || target->process->pid == tgid)) {
        r = may_signal_locked(task, target->process, info->signo) ? 0 : -EPERM;
        if (r == 0 && info->signo) r = signal_send_info_task(target, info);
    }
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

int64_t sys_tkill(struct task *task, const uint64_t args[6]) {
    const int tid = (int)args[0], signo = (int)args[1];
    const struct guest_siginfo info = signal_info_from(task, signo, SI_TKILL);
    if (tid <= 0 || !is_signal_or_zero(signo)) return -EINVAL;
    return send_to_thread(task, 0, tid, &info);
}

int64_t sys_tgkill(struct task *task, const uint64_t args[6]) {
    const int tgid = (int)args[0], tid = (int)args[1], signo = (int)args[2];
    const struct guest_siginfo info = signal_info_from(task, signo, SI_TKILL);
    if (tgid <= 0 || tid <= 0 || !is_signal_or_zero(signo)) return -EINVAL;
    return send_to_thread(task, tgid, tid, &info);
}

/* Only a process itself may claim that the kernel or kill sent a signal. */
static int read_info(struct task *task, uint64_t gva, int signo, bool to_self, struct guest_siginfo *info) {
    if (copy_from_guest(task, info, gva, sizeof *info) < 0) return -EFAULT;
    info->signo = signo;
    if (!is_signal_or_zero(signo)) return -EINVAL;
    if (!to_self && (info->code >= 0 || info->code == SI_TKILL)) return -EPERM;
    return 0;
}

int64_t sys_rt_sigqueueinfo(struct task *task, const uint64_t args[6]) {
    const int pid = (int)args[0];
    struct guest_siginfo info;
    int r = read_info(task, args[2], (int)args[1], pid == task->process->pid, &info);
    if (r < 0) return r;
    host_mutex_lock(&task->kernel->tasks_lock);
    r = pid > 0 ? kill_locked(task, pid, &info) : -ESRCH;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

int64_t sys_rt_tgsigqueueinfo(struct task *task, const uint64_t args[6]) {
    const int tgid = (int)args[0], tid = (int)args[1];
    struct guest_siginfo info;
    const int r = read_info(task, args[3], (int)args[2], tid == task_tid(task), &info);
    if (r == -EFAULT) return r;
    if (tgid <= 0 || tid <= 0) return -EINVAL;
    return r < 0 ? r : send_to_thread(task, tgid, tid, &info);
}
