/* SPDX-License-Identifier: ISC */
/* Sessions and their terminals. Signals to groups are sent under tasks_lock, which the senders in signal_send.c allow. */
#include "syscall/linux/process/job_control.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/process/stop.h"

#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/walk.h"

static void signal_group_locked(struct kernel *kernel, int pgid, int signo) {
    if (!pgid) return;
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid == pgid && process->state == PROCESS_RUNNING) signal_send_process(process, signo, SI_KERNEL);
    }
}

static void set_locked(struct process *process, struct tty *tty) {
    struct tty *old = process->tty;
    process->tty = tty ? tty_get(tty) : NULL;
    tty_put(old);
}

void job_control_drop_locked(struct process *process) {
    set_locked(process, NULL);
}

static void become_controlling_locked(struct process *process, struct tty *tty) {
    tty->session = process->sid;
    atomic_store(&tty->foreground, process->pgid);
    set_locked(process, tty);
}

/* The terminal controls nobody any more. */
static void set_free_locked(struct kernel *kernel, struct tty *tty) {
    tty->session = 0;
    atomic_store(&tty->foreground, 0);
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->tty == tty) set_locked(process, NULL);
    }
}

void job_control_start_locked(struct process *init) {
    struct vfs *vfs = init->kernel->vfs;
    struct tty *tty = vfs ? vfs_terminal(vfs) : NULL;
    if (tty) become_controlling_locked(init, tty);
}

static bool is_leader(const struct process *process) {
    return process->pid == process->sid;
}

void job_control_leader_exits_locked(struct process *process) {
    struct tty *tty = process->tty;
    if (!tty || !is_leader(process)) {
        set_locked(process, NULL);
        return;
    }
    tty_get(tty);
    signal_group_locked(process->kernel, atomic_load(&tty->foreground), SIGHUP);
    set_free_locked(process->kernel, tty);
    tty_put(tty);
}

static int take_locked(struct task *task, struct tty *tty, bool readable, bool force) {
    struct process *self = task->process;
    const bool admin = cred_capable(&task->cred, CAP_SYS_ADMIN);
    if (is_leader(self) && tty->session == self->sid) return 0;
    if (!is_leader(self) || self->tty) return -EPERM;
    if (tty->session && !(force && admin)) return -EPERM;
    if (!readable && !admin) return -EPERM;
    if (tty->session) set_free_locked(task->kernel, tty);
    become_controlling_locked(self, tty);
    return 0;
}

int job_control_take(struct task *task, struct tty *tty, bool readable, bool force) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int r = take_locked(task, tty, readable, force);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static int give_up_locked(struct process *self, struct tty *tty) {
    if (self->tty != tty) return -ENOTTY;
    if (!is_leader(self)) {
        set_locked(self, NULL);
        return 0;
    }
    const int pgid = atomic_load(&tty->foreground);
    signal_group_locked(self->kernel, pgid, SIGHUP);
    signal_group_locked(self->kernel, pgid, SIGCONT);
    set_free_locked(self->kernel, tty);
    return 0;
}

int job_control_give_up(struct task *task, struct tty *tty) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int r = give_up_locked(task->process, tty);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

int job_control_group(struct task *task, struct tty *tty, bool through_master) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int r = through_master || task->process->tty == tty ? atomic_load(&tty->foreground) : -ENOTTY;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

int job_control_session(struct task *task, struct tty *tty, bool through_master) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const bool allowed = (through_master || task->process->tty == tty) && tty->session;
    const int r = allowed ? tty->session : -ENOTTY;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static int set_group_locked(struct process *self, struct tty *tty, int pgid) {
    bool found = false;
    if (self->tty != tty || tty->session != self->sid) return -ENOTTY;
    PIDS_FOR_EACH_PROCESS(process, self->kernel) {
        if (process->pgid != pgid) continue;
        if (process->sid != self->sid) return -EPERM;
        found = true;
    }
    if (!found) return pids_process_locked(self->kernel, pgid) ? -EPERM : -ESRCH;
    atomic_store(&tty->foreground, pgid);
    return 0;
}

static struct task *task_of(struct sched_thread *self) {
    return CONTAINER_OF(self, struct task, sched);
}

static bool takes_no_notice(struct task *task, int signo) {
    return (task->blocked & sig_bit(signo)) || signal_action_of(task->process->actions, signo).handler == SIG_IGN;
}

/* The caller's group if it is in the background, 0 if not. */
static int background_group(struct process *self, struct tty *tty) {
    host_mutex_lock(&self->kernel->tasks_lock);
    const bool mine = self->tty == tty;
    const int pgid = self->pgid, foreground = atomic_load(&tty->foreground);
    host_mutex_unlock(&self->kernel->tasks_lock);
    if (!mine) return 0;
    if (foreground && foreground != pgid) return pgid;
    return tty->ops->machine_in_background && tty->ops->machine_in_background(tty) ? pgid : 0;
}

static int check(void *arg, struct tty *tty, struct sched_thread *self, int signo) {
    struct kernel *kernel = arg;
    struct task *task = task_of(self);
    const int pgid = background_group(task->process, tty);
    if (!pgid) return 0;
    if (takes_no_notice(task, signo)) return signo == SIGTTIN ? -EIO : 0;
    host_mutex_lock(&kernel->tasks_lock);
    const bool orphaned = stop_group_is_orphaned_locked(kernel, pgid);
    if (!orphaned) signal_group_locked(kernel, pgid, signo);
    host_mutex_unlock(&kernel->tasks_lock);
    return orphaned ? -EIO : -ERESTARTSYS;
}

int job_control_set_group(struct task *task, struct tty *tty, int pgid) {
    int r = check(task->kernel, tty, &task->sched, SIGTTOU);
    if (r) return r == -EIO ? -ENOTTY : r;
    if (pgid < 0) return -EINVAL;
    host_mutex_lock(&task->kernel->tasks_lock);
    r = set_group_locked(task->process, tty, pgid);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static void signal_foreground(void *arg, struct tty *tty, int signo) {
    struct kernel *kernel = arg;
    host_mutex_lock(&kernel->tasks_lock);
    signal_group_locked(kernel, atomic_load(&tty->foreground), signo);
    host_mutex_unlock(&kernel->tasks_lock);
}

static void opened(void *arg, struct tty *tty, struct task *task) {
    struct process *self = task->process;
    host_mutex_lock(&task->kernel->tasks_lock);
    if (is_leader(self) && !self->tty && !tty->session) become_controlling_locked(self, tty);
    host_mutex_unlock(&task->kernel->tasks_lock);
}

static void hang_up(void *arg, struct tty *tty) {
    struct kernel *kernel = arg;
    host_mutex_lock(&kernel->tasks_lock);
    struct process *leader = tty->session ? pids_process_locked(kernel, tty->session) : NULL;
    if (leader && leader->state == PROCESS_RUNNING) {
        signal_send_process(leader, SIGHUP, SI_KERNEL);
        signal_send_process(leader, SIGCONT, SI_KERNEL);
    }
    set_free_locked(kernel, tty);
    host_mutex_unlock(&kernel->tasks_lock);
}

static struct tty *controlling(void *arg, struct task *task) {
    host_mutex_lock(&task->kernel->tasks_lock);
    struct tty *tty = task->process->tty ? tty_get(task->process->tty) : NULL;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return tty;
}

static struct tty_user user(struct task *task) {
    return (struct tty_user){task->cred.fsuid, task->cred.fsgid, cred_capable(&task->cred, CAP_SYS_ADMIN)};
}

static const struct job_control hooks = {
    .signal_foreground = signal_foreground, .check = check, .opened = opened, .hang_up = hang_up,
    .controlling = controlling, .user = user,
};

void job_control_init(struct kernel *kernel) {
    if (kernel->vfs) vfs_set_job_control(kernel->vfs, &hooks, kernel);
}
