/* SPDX-License-Identifier: ISC */
/* Session and foreground group of the one terminal that the machine was started on. */
#include "syscall/linux/terminal.h"

#include "host/terminal.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/call.h"

enum { NO_SESSION = -1 };

struct caller_ids {
    int pid, pgid, sid;
};

static struct caller_ids ids_of(struct process *process) {
    host_mutex_lock(&process->kernel->tasks_lock);
    const struct caller_ids ids = {process->pid, process->pgid, process->sid};
    host_mutex_unlock(&process->kernel->tasks_lock);
    return ids;
}

/* The first session has the terminal from the start. */
static int session_of(struct kernel *kernel) {
    const int sid = atomic_load(vfs_terminal_session(kernel->vfs));
    return sid || !kernel->init ? sid : ids_of(kernel->init).sid;
}

static int group_of(struct kernel *kernel) {
    const int pgid = atomic_load(vfs_terminal_group(kernel->vfs));
    return pgid || !kernel->init ? pgid : ids_of(kernel->init).pgid;
}

struct group_search {
    int pgid, sid;
};

static int in_group(struct process *process, void *arg) {
    const struct group_search *search = arg;
    const struct caller_ids ids = ids_of(process);
    return ids.pgid == search->pgid && ids.sid == search->sid;
}

static int64_t set_group(struct task *task, const struct ioctl_call *call, int sid) {
    int32_t pgid;
    const int err = copy_from_guest(task, &pgid, call->arg, sizeof pgid);
    if (err) return err;
    if (pgid < 0) return -EINVAL;
    struct group_search search = {pgid, sid};
    if (!process_for_each(task->kernel, in_group, &search)) return -EPERM;
    atomic_store(vfs_terminal_group(task->kernel->vfs), pgid);
    return 0;
}

static int64_t put_id(struct task *task, const struct ioctl_call *call, int32_t id) {
    return copy_to_guest(task, call->arg, &id, sizeof id);
}

/* A session leader takes the terminal if nobody has it. */
static int64_t take(struct task *task, const struct caller_ids *ids, int session) {
    if (session == ids->sid) return 0;
    if (ids->pid != ids->sid || session != NO_SESSION) return -EPERM;
    atomic_store(vfs_terminal_session(task->kernel->vfs), ids->sid);
    atomic_store(vfs_terminal_group(task->kernel->vfs), ids->pgid);
    return 0;
}

static int64_t give_up(struct task *task, const struct caller_ids *ids) {
    if (ids->pid == ids->sid) atomic_store(vfs_terminal_session(task->kernel->vfs), NO_SESSION);
    return 0;
}

int64_t terminal_ioctl(struct task *task, struct file *file, const struct ioctl_call *call) {
    struct host_termios attributes;
    const int fd = file_host_fd(file);
    if (fd < 0 || host_terminal_get(fd, &attributes) != 0) return -ENOTTY;
    const struct caller_ids ids = ids_of(task->process);
    const int session = session_of(task->kernel);
    if (call->cmd == TIOCSCTTY) return take(task, &ids, session);
    if (session != ids.sid) return -ENOTTY;
    switch (call->cmd) {
    case TIOCGPGRP: return put_id(task, call, group_of(task->kernel));
    case TIOCSPGRP: return set_group(task, call, session);
    case TIOCGSID: return put_id(task, call, session);
    default: return give_up(task, &ids);
    }
}
