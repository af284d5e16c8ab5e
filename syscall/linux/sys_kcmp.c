/* SPDX-License-Identifier: ISC */
/* kcmp(2): do two processes share something? 0: yes; 1, 2: no, in an order that is no more than consistent. */
#include "syscall/linux/access.h"
#include "syscall/linux/call.h"
#include "syscall/linux/process/process.h"

enum kcmp_type { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_EPOLL_TFD };

static const void *file_of(struct task *task, uint64_t fd) {
    host_mutex_lock(&task->lock);
    struct fd_table *fds = task->fds ? fd_table_get(task->fds) : NULL;
    host_mutex_unlock(&task->lock);
    if (!fds) return NULL;
    struct file *file = fd_table_file(fds, (int)fd);
    if (file) file_put(file);
    fd_table_put(fds);
    return file;
}

/* What is compared; NULL: there is none. */
static const void *part_of(struct task *task, enum kcmp_type type, uint64_t index) {
    if (type == KCMP_FILE) return file_of(task, index);
    if (type == KCMP_VM || type == KCMP_SIGHAND) {
        host_mutex_lock(&task->process->lock);
        const void *part = type == KCMP_VM ? (void *)task->process->space : (void *)task->process->actions;
        host_mutex_unlock(&task->process->lock);
        return part;
    }
    host_mutex_lock(&task->lock);
    const void *part = type == KCMP_FILES ? (void *)task->fds : type == KCMP_FS ? (void *)task->fs : (void *)task->sem_undo;
    host_mutex_unlock(&task->lock);
    return type == KCMP_IO ? NULL : part;
}

/* The thread, counted, if the caller may look into its process. */
static struct task *target(struct task *task, uint64_t pid, int *err) {
    struct task *other = task_find(task->kernel, (int)pid);
    *err = other ? access_process(task, other->process) : -ESRCH;
    if (!*err) return other;
    task_put(other);
    return NULL;
}

static int64_t compare(struct task *a, struct task *b, const uint64_t arg[6]) {
    const enum kcmp_type type = (enum kcmp_type)(int)arg[2];
    const void *x = part_of(a, type, arg[3]), *y = part_of(b, type, arg[4]);
    if (type == KCMP_FILE && (!x || !y)) return -EBADF;
    return x == y ? 0 : (uintptr_t)x < (uintptr_t)y ? 1 : 2;
}

int64_t sys_kcmp(struct task *task, const uint64_t arg[6]) {
    int err;
    if ((int)arg[2] == KCMP_EPOLL_TFD) return -EOPNOTSUPP;
    struct task *a = target(task, arg[0], &err);
    struct task *b = a ? target(task, arg[1], &err) : NULL;
    const bool known = (int)arg[2] >= KCMP_FILE && (int)arg[2] <= KCMP_SYSVSEM;
    const int64_t r = !b ? err : known ? compare(a, b, arg) : -EINVAL;
    task_put(a);
    task_put(b);
    return r;
}
