/* SPDX-License-Identifier: ISC */
/* fork, vfork, clone, clone3, unshare: arguments of clone_task. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/clone.h"

#include "syscall/linux/abi/siginfo.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/ipc/sem.h"
#include "syscall/linux/pidfd.h"

#include <string.h>

static void allow_pidfd(struct clone_request *request) {
    request->open_pidfd = pidfd_open_for;
    request->close_pidfd = pidfd_close;
}

int64_t sys_fork(struct task *task, const uint64_t args[6]) {
    const struct clone_request request = {.exit_signal = SIGCHLD};
    return clone_task(task, &request);
}

int64_t sys_vfork(struct task *task, const uint64_t args[6]) {
    const struct clone_request request = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
    return clone_task(task, &request);
}

int64_t sys_clone(struct task *task, const uint64_t args[6]) {
    struct clone_request request = {
        .flags = args[0] & 0xffffffff & ~CSIGNAL, .exit_signal = (int)(args[0] & CSIGNAL), .stack = args[1],
        .parent_tid = args[2], .child_tid = args[3], .tls = args[4], .pidfd = args[2]};
    if ((request.flags & CLONE_PIDFD) && (request.flags & CLONE_PARENT_SETTID)) return -EINVAL;
    allow_pidfd(&request);
    return clone_task(task, &request);
}

/* A block longer than ours is fine while the rest is zero; a shorter one is zero-extended. Source: clone(2). */
static int read_args(struct task *task, uint64_t gva, uint64_t size, struct clone_args *out) {
    uint8_t rest[64];
    if (size > GUEST_PAGE_SIZE) return -E2BIG;
    if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
    memset(out, 0, sizeof *out);
    for (uint64_t at = sizeof *out; at < size;) {
        const size_t n = size - at < sizeof rest ? (size_t)(size - at) : sizeof rest;
        if (copy_from_guest(task, rest, gva + at, n) < 0) return -EFAULT;
        for (size_t i = 0; i < n; i++) {
            if (rest[i]) return -E2BIG;
        }
        at += n;
    }
    return copy_from_guest(task, out, gva, size < sizeof *out ? (size_t)size : sizeof *out);
}

static int check_args(const struct clone_args *a) {
    const uint64_t known = 0xffffffffull | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
    if (a->flags & ~known) return -EINVAL;
    if (a->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME))) return -EINVAL;
    if (a->exit_signal & ~CSIGNAL || a->exit_signal > SIGNAL_COUNT) return -EINVAL;
    if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal) return -EINVAL;
    if ((a->stack == 0) != (a->stack_size == 0)) return -EINVAL;
    if (a->stack && (a->stack >= SPACE_END || a->stack_size > SPACE_END - a->stack)) return -EINVAL;
    if ((a->set_tid == 0) != (a->set_tid_size == 0)) return -EINVAL;
    if (a->set_tid_size > 32) return -EINVAL;
    if ((a->flags & CLONE_INTO_CGROUP) && a->cgroup > INT32_MAX) return -EINVAL;
    return 0;
}

/* set_tid: one level, ours; only a privileged caller may choose. */
static int read_tid(struct task *task, const struct clone_args *a, int *tid) {
    int32_t wanted;
    *tid = 0;
    if (!a->set_tid_size) return 0;
    if (a->set_tid_size > 1) return -EINVAL;
    if (copy_from_guest(task, &wanted, a->set_tid, sizeof wanted) < 0) return -EFAULT;
    if (wanted < 1 || wanted >= KERNEL_PID_MAX) return -EINVAL;
    if (!cred_capable(&task->cred, CAP_SYS_ADMIN)) return -EPERM;
    *tid = wanted;
    return 0;
}

int64_t sys_clone3(struct task *task, const uint64_t args[6]) {
    struct clone_args a;
    int tid = 0;
    int r = read_args(task, args[0], args[1], &a);
    if (r == 0) r = check_args(&a);
    if (r == 0) r = read_tid(task, &a, &tid);
    if (r < 0) return r;
    struct clone_request request = {
        .flags = a.flags, .exit_signal = (int)a.exit_signal, .stack = a.stack ? a.stack + a.stack_size : 0,
        .parent_tid = a.parent_tid, .child_tid = a.child_tid, .tls = a.tls, .pidfd = a.pidfd, .tid = tid};
    allow_pidfd(&request);
    return clone_task(task, &request);
}

static int unshare_files(struct task *task) {
    struct fd_table *own = fd_table_unshare(task->fds);
    if (!own) return -ENOMEM;
    host_mutex_lock(&task->lock);
    task->fds = own;
    host_mutex_unlock(&task->lock);
    return 0;
}

static int unshare_fs(struct task *task) {
    struct fs_context *own = fs_context_copy(task->fs);
    if (!own) return -ENOMEM;
    host_mutex_lock(&task->lock);
    struct fs_context *old = task->fs;
    task->fs = own;
    host_mutex_unlock(&task->lock);
    fs_context_put(old);
    return 0;
}

static void unshare_semaphores(struct task *task) {
    host_mutex_lock(&task->lock);
    struct sem_undo_list *old = task->sem_undo;
    task->sem_undo = NULL;
    host_mutex_unlock(&task->lock);
    sem_undo_list_put(task->kernel->ipc, old, task->process->pid);
}

static bool is_alone(struct process *process) {
    host_mutex_lock(&process->signal_lock);
    const bool alone = process->n_threads == 1;
    host_mutex_unlock(&process->signal_lock);
    return alone;
}

int64_t sys_unshare(struct task *task, const uint64_t args[6]) {
    const uint64_t flags = args[0];
    const uint64_t private_parts = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    const uint64_t known = private_parts | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
    if (flags & CLONE_NEWNS) return -EPERM;
    if (flags & ~known) return -EINVAL;
    if ((flags & private_parts) && !is_alone(task->process)) return -EINVAL;
    int r = flags & CLONE_FS ? unshare_fs(task) : 0;
    if (r == 0 && (flags & CLONE_FILES)) r = unshare_files(task);
    if (r == 0 && (flags & CLONE_SYSVSEM)) unshare_semaphores(task);
    return r;
}
