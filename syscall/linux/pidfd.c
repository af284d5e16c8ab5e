/* SPDX-License-Identifier: ISC */
/* The file kind "pidfd" and the calls on it. */
#include "syscall/linux/pidfd.h"
#include "syscall/linux/access.h"
#include "syscall/linux/handlers.h"

#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>

struct pidfd {
    struct file file;
    struct process *process; /* immutable; counted */
};

static struct pidfd *of(struct file *file) {
    return CONTAINER_OF(file, struct pidfd, file);
}

static bool has_ended(struct process *process) {
    host_mutex_lock(&process->kernel->tasks_lock);
    const bool ended = process->state != PROCESS_RUNNING;
    host_mutex_unlock(&process->kernel->tasks_lock);
    return ended;
}

static unsigned poll_pidfd(struct file *file, struct poll_table *table) {
    struct process *process = of(file)->process;
    if (table) poll_table_add(table, &process->exit_wait);
    return has_ended(process) ? POLLIN | POLLRDNORM : 0;
}

static void release(struct file *file) {
    process_put(of(file)->process);
    file_fini(file);
    free(of(file));
}

static const struct file_ops pidfd_ops = {.kind = "anon_inode:[pidfd]", .poll = poll_pidfd, .release = release};

static int open_pidfd(struct task *task, struct process *process, int flags) {
    struct pidfd *pidfd = calloc(1, sizeof *pidfd);
    if (!pidfd) return -ENOMEM;
    file_init(&pidfd->file, task->kernel->vfs, &pidfd_ops, O_RDWR | flags);
    pidfd->process = process_get(process);
    return fd_table_install(task->fds, &pidfd->file, 0, true);
}

int pidfd_open_for(struct task *task, struct process *process) {
    return open_pidfd(task, process, 0);
}

void pidfd_close(struct task *task, int fd) {
    fd_table_close(task->fds, fd);
}

struct process *pidfd_process(struct task *task, int fd, int *err) {
    struct file *file = fd_table_file(task->fds, fd);
    struct process *process = NULL;
    *err = -EBADF;
    if (!file) return NULL;
    if (file->ops == &pidfd_ops) process = process_get(of(file)->process);
    file_put(file);
    return process;
}

int64_t sys_pidfd_open(struct task *task, const uint64_t args[6]) {
    const int pid = (int)args[0];
    const uint32_t flags = (uint32_t)args[1];
    if (pid <= 0 || (flags & ~(uint32_t)O_NONBLOCK)) return -EINVAL;
    struct process *process = process_find(task->kernel, pid);
    if (!process) {
        struct task *other = task_find(task->kernel, pid); /* a thread that is not a leader */
        task_put(other);
        return other ? -EINVAL : -ESRCH;
    }
    const int fd = open_pidfd(task, process, (int)flags);
    process_put(process);
    return fd;
}

struct file_of {
    int fd;
    bool alive;        /* the process has descriptors */
    struct file *file; /* counted */
};

static int read_info(struct task *task, uint64_t gva, int signo, struct process *target, struct guest_siginfo *info) {
    *info = signal_info_from(task, signo, SI_USER);
    if (!gva) return 0;
    if (copy_from_guest(task, info, gva, sizeof *info) < 0) return -EFAULT;
    if (info->signo != signo) return -EINVAL;
    if (target != task->process && (info->code >= 0 || info->code == SI_TKILL)) return -EPERM;
    return 0;
}

/* A file of any thread of the process: descriptors are almost always shared by all. */
static int find_file(struct task *other, void *arg) {
    struct file_of *want = arg;
    host_mutex_lock(&other->lock);
    struct fd_table *fds = other->fds ? fd_table_get(other->fds) : NULL;
    host_mutex_unlock(&other->lock);
    if (!fds) return 0;
    want->alive = true;
    want->file = fd_table_file(fds, want->fd);
    fd_table_put(fds);
    return 1;
}

int64_t sys_pidfd_getfd(struct task *task, const uint64_t args[6]) {
    struct file_of want = {.fd = (int)args[1]};
    int err;
    if (args[2]) return -EINVAL;
    struct process *process = pidfd_process(task, (int)args[0], &err);
    if (!process) return err;
    err = access_process(task, process);
    if (!err) task_for_each(process, find_file, &want);
    process_put(process);
    if (err) return err;
    if (!want.file) return want.alive ? -EBADF : -ESRCH;
    return fd_table_install(task->fds, want.file, 0, true);
}

/* Only a process that is being killed gives its memory back early; ours does that by itself. */
int64_t sys_process_mrelease(struct task *task, const uint64_t args[6]) {
    int err;
    if (args[1]) return -EINVAL;
    struct process *process = pidfd_process(task, (int)args[0], &err);
    if (!process) return err;
    err = has_ended(process) ? -ESRCH : atomic_load(&process->dying) ? 0 : -EINVAL;
    process_put(process);
    return err;
}

int64_t sys_pidfd_send_signal(struct task *task, const uint64_t args[6]) {
    const int signo = (int)args[1];
    struct guest_siginfo info;
    int r;
    if (args[3]) return -EINVAL;
    struct process *process = pidfd_process(task, (int)args[0], &r);
    if (!process) return r;
    r = signo < 0 || signo > SIGNAL_COUNT ? -EINVAL : read_info(task, args[2], signo, process, &info);
    if (r == 0 && has_ended(process)) r = -ESRCH;
    if (r == 0 && signo) r = signal_send_info_process(process, &info);
    process_put(process);
    return r;
}
