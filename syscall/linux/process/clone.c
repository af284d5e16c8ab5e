/* SPDX-License-Identifier: ISC */
/* One function makes every task. Everything that can fail is done before the child is in a table; the host thread
 * starts last, when PARENT_SETTID and CHILD_SETTID are stored and the tid to return is known. */
#include "syscall/linux/process/clone.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/signal.h"

#include "base/bits.h"
#include "base/error.h"
#include "cpu/cpu.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/ipc/sem.h"
#include "syscall/linux/fs/tty.h"

#include <string.h>

/* What it takes of a serial machine's time. */
enum { FORK_NS = 200000, THREAD_NS = 20000 };

struct clone_call {
    const struct clone_request *request;
    struct task *parent;
    struct task *child;
    bool new_process;
    int event;          /* PTRACE_EVENT_* that its tracer asked for; 0 none */
};

static int attach_space(struct clone_call *call, bool shared) {
    struct process *child = call->child->process;
    struct address_space *space = task_space(call->parent);
    if (!call->new_process) return 0;
    child->space = shared ? space_get(space) : space_fork(space);
    return child->space ? 0 : -ENOMEM;
}

static int attach_actions(struct clone_call *call, bool shared) {
    struct process *child = call->child->process;
    struct signal_actions *actions = call->parent->process->actions;
    if (!call->new_process) return 0;
    child->actions = shared ? signal_actions_get(actions) : signal_actions_copy(actions);
    if (!child->actions) return -ENOMEM;
    if (call->request->flags & CLONE_CLEAR_SIGHAND) signal_actions_reset(child->actions, true);
    return 0;
}

static int attach_fs(struct clone_call *call, bool shared) {
    struct fs_context *fs = call->parent->fs;
    call->child->fs = shared ? fs_context_get(fs) : fs_context_copy(fs);
    return call->child->fs ? 0 : -ENOMEM;
}

static int attach_files(struct clone_call *call, bool shared) {
    struct fd_table *fds = call->parent->fds;
    call->child->fds = shared ? fd_table_get(fds) : fd_table_copy(fds);
    return call->child->fds ? 0 : -ENOMEM;
}

/* What is to be undone is shared or stays the parent's. */
static int attach_semaphores(struct clone_call *call, bool shared) {
    struct task *parent = call->parent;
    if (!shared) return 0;
    struct sem_undo_list *undo = parent->sem_undo ? parent->sem_undo : sem_undo_list_new();
    if (!undo) return -ENOMEM;
    host_mutex_lock(&parent->lock);
    parent->sem_undo = undo;
    host_mutex_unlock(&parent->lock);
    call->child->sem_undo = sem_undo_list_get(undo);
    return 0;
}

static const struct {
    uint64_t flag;
    int (*attach)(struct clone_call *call, bool shared);
} parts[] = {
#define CLONE_PART(flag, attach) {flag, attach},
#include "syscall/linux/process/clone_flags.def"
};

static const struct {
    uint64_t flag, other;
} needs[] = {
#define CLONE_NEEDS(flag, other) {flag, other},
#include "syscall/linux/process/clone_flags.def"
}, excludes[] = {
#define CLONE_EXCLUDES(flag, other) {flag, other},
#include "syscall/linux/process/clone_flags.def"
};

static const struct {
    uint64_t flag;
    int error;
} refused[] = {
#define CLONE_REFUSED(flag, error) {flag, error},
#include "syscall/linux/process/clone_flags.def"
};

static int check_flags(uint64_t flags) {
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        if ((flags & needs[i].flag) && !(flags & needs[i].other)) return -EINVAL;
    }
    for (size_t i = 0; i < ARRAY_LEN(excludes); i++) {
        if ((flags & excludes[i].flag) && (flags & excludes[i].other)) return -EINVAL;
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        if (flags & refused[i].flag) return -refused[i].error;
    }
    return 0;
}

static int check(const struct task *parent, const struct clone_request *request) {
    const uint64_t flags = request->flags;
    const int r = check_flags(flags);
    if (r < 0) return r;
    if ((flags & CLONE_SETTLS) && request->tls >= SPACE_END) return -EPERM;
    if ((flags & CLONE_PIDFD) && !request->open_pidfd) return -EINVAL;
    if ((flags & CLONE_PARENT) && parent->process == parent->kernel->init) return -EINVAL;
    return 0;
}

static struct process *make_process(struct task *parent) {
    struct process *from = parent->process;
    struct process *child = process_new(parent->kernel);
    if (!child) return NULL;
    host_mutex_lock(&from->lock);
    memcpy(child->limits, from->limits, sizeof child->limits);
    child->nice = from->nice;
    child->personality = from->personality;
    child->dumpable = from->dumpable;
    child->oom_score_adj = from->oom_score_adj;
    child->membarrier_registered = from->membarrier_registered;
    process_copy_image_locked(child, from);
    host_mutex_unlock(&from->lock);
    return child;
}

static void copy_task(struct task *child, const struct task *parent, const struct clone_request *request) {
    struct cpu_state *state = &child->cpu->state;
    cpu_copy_state(child->cpu, parent->cpu);
    state->gpr[RAX] = 0;
    if (parent->trace.has_forced_tf) state->rflags_other &= ~(uint64_t)RFLAGS_TF;
    if (request->stack) state->gpr[RSP] = request->stack;
    if (request->flags & CLONE_SETTLS) state->seg_base[SEG_FS] = request->tls;
    child->cred = parent->cred;
    child->blocked = parent->blocked;
    child->sched_policy = parent->sched_policy;
    child->sched_priority = parent->sched_priority;
    child->timer_slack_ns = parent->timer_slack_ns;
    child->memory_policy = parent->memory_policy;
    child->memory_policy_has_node = parent->memory_policy_has_node;
    child->io_priority = parent->io_priority;
    memcpy(child->affinity, parent->affinity, sizeof child->affinity);
    memcpy(child->comm, parent->comm, sizeof child->comm);
    if (request->flags & CLONE_CHILD_CLEARTID) child->clear_child_tid = request->child_tid;
    if (!(request->flags & CLONE_VM) || (request->flags & CLONE_VFORK)) child->altstack = parent->altstack;
}

static int make_child(struct clone_call *call) {
    struct process *process = call->parent->process;
    if (call->new_process) {
        process = make_process(call->parent);
        if (!process) return -ENOMEM;
    }
    call->child = task_new(process);
    if (call->new_process) process_put(process); /* the task holds it */
    if (!call->child) return -ENOMEM;
    copy_task(call->child, call->parent, call->request);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const int r = parts[i].attach(call, (call->request->flags & parts[i].flag) != 0);
        if (r < 0) return r;
    }
    tlb_attach(&call->child->cpu->tlb, task_space(call->child));
    return 0;
}

static void link_process_locked(struct clone_call *call) {
    struct process *child = call->child->process, *self = call->parent->process;
    const bool sibling = (call->request->flags & CLONE_PARENT) != 0;
    child->pid = task_tid(call->child);
    child->parent = sibling ? self->parent : self;
    child->parent_task = call->parent;
    child->exit_signal = sibling ? self->exit_signal : call->request->exit_signal;
    child->pgid = self->pgid;
    child->sid = self->sid;
    child->tty = self->tty ? tty_get(self->tty) : NULL;
    child->leader = call->child;
    if (child->parent) list_append(&child->parent->children, &child->sibling);
    pids_add_process_locked(process_get(child));
}

static int choose_tid_locked(struct kernel *kernel, int wanted) {
    if (!wanted) return pids_allocate_locked(kernel);
    return pids_task_locked(kernel, wanted) || pids_process_locked(kernel, wanted) ? -EEXIST : wanted;
}

/* All tasks count for RLIMIT_NPROC, whoever they belong to: a machine is one user's. */
static bool too_many_locked(struct task *parent) {
    if (cred_capable(&parent->cred, CAP_SYS_RESOURCE)) return false;
    return (uint64_t)parent->kernel->n_tasks >= process_limit(parent->process, RLIMIT_NPROC);
}

/* Puts the child into the tables, unless the process is about to die or a signal wants to be taken first. */
static int link_locked(struct clone_call *call) {
    struct task *parent = call->parent, *child = call->child;
    struct process *process = child->process;
    if (parent->kernel->shutting_down || too_many_locked(parent)) return -EAGAIN;
    const int tid = choose_tid_locked(parent->kernel, call->request->tid);
    if (tid < 0) return tid;
    host_mutex_lock(&parent->process->signal_lock);
    const bool dying = (atomic_load(&parent->attention) & ATTENTION_EXIT) || parent->process->exec_task;
    const bool signalled = call->new_process && (atomic_load(&parent->attention) & ATTENTION_SIGNAL);
    if (dying || signalled) {
        host_mutex_unlock(&parent->process->signal_lock);
        return -ERESTARTNOINTR;
    }
    atomic_store(&child->tid, tid);
    if (!call->new_process) {
        list_append(&process->threads, &child->thread_node);
        process->n_threads++;
        if (process->stopping) task_notify(child, ATTENTION_STOP);
    }
    host_mutex_unlock(&parent->process->signal_lock);
    if (call->new_process) {
        host_mutex_lock(&process->signal_lock);
        list_append(&process->threads, &child->thread_node);
        process->n_threads = 1;
        host_mutex_unlock(&process->signal_lock);
        link_process_locked(call);
    }
    pids_add_task_locked(task_get(child));
    ptrace_link_child_locked(parent, child, call->event, (call->request->flags & CLONE_PTRACE) != 0);
    return tid;
}

static void unlink_child(struct clone_call *call) {
    struct task *child = call->child;
    struct process *process = child->process;
    host_mutex_lock(&call->parent->kernel->tasks_lock);
    if (ptrace_is_traced(child)) ptrace_unlink_locked(child);
    host_mutex_lock(&process->signal_lock);
    list_remove(&child->thread_node);
    process->n_threads--;
    host_mutex_unlock(&process->signal_lock);
    pids_remove_task_locked(child);
    if (call->new_process) {
        list_remove(&process->sibling);
        pids_remove_process_locked(process);
    }
    host_mutex_unlock(&call->parent->kernel->tasks_lock);
    if (call->new_process) process_put(process);
    task_put(child); /* the table's */
}

/* Bad addresses are ignored, as Linux does: the child exists already. */
static void store_tids(struct clone_call *call, int tid) {
    const struct clone_request *request = call->request;
    if (request->flags & CLONE_PARENT_SETTID) copy_to_guest(call->parent, request->parent_tid, &tid, sizeof tid);
    if (request->flags & CLONE_CHILD_SETTID) copy_to_guest(call->child, request->child_tid, &tid, sizeof tid);
}

void clone_vfork_release(struct task *child) {
    struct task *parent = child->vfork_parent;
    if (!parent) return;
    child->vfork_parent = NULL;
    atomic_store(&child->vfork_done, true);
    sched_wake(&parent->sched);
    task_put(parent);
}

/* Only death ends the wait early. */
static void wait_for_vfork(struct task *parent, struct task *child) {
    while (!atomic_load(&child->vfork_done)) {
        if (atomic_load(&parent->attention) & ATTENTION_EXIT) break;
        sched_block_uninterruptible(&parent->sched, SCHED_NEVER);
    }
}

static int64_t start_child(struct clone_call *call, int tid) {
    struct task *child = call->child, *parent = call->parent;
    const bool vfork = (call->request->flags & CLONE_VFORK) != 0;
    store_tids(call, tid);
    if (vfork) child->vfork_parent = task_get(parent);
    task_get(child); /* the host thread's, moves to it */
    if (task_start(child) < 0) {
        task_put(child);
        clone_vfork_release(child);
        unlink_child(call);
        return -EAGAIN;
    }
    debugger_event(parent, !call->new_process ? DEBUGGER_CLONE : vfork ? DEBUGGER_VFORK : DEBUGGER_FORK, tid);
    if (call->event) ptrace_event(parent, call->event, (uint64_t)tid);
    if (vfork) wait_for_vfork(parent, child);
    if (vfork) debugger_event(parent, DEBUGGER_VFORK_DONE, tid);
    if (vfork) ptrace_event(parent, PTRACE_EVENT_VFORK_DONE, (uint64_t)tid);
    return tid;
}

static int64_t open_pidfd(struct clone_call *call) {
    const struct clone_request *request = call->request;
    if (!(request->flags & CLONE_PIDFD)) return -1;
    const int fd = request->open_pidfd(call->parent, call->child->process);
    if (fd < 0) return fd - 1;
    if (copy_to_guest(call->parent, request->pidfd, &fd, sizeof fd) == 0) return fd;
    request->close_pidfd(call->parent, fd);
    return -EFAULT - 1;
}

/* CPU time begins anew, the limit does not. */
static void inherit_cpu_limit(struct process *child) {
    host_mutex_lock(&child->lock);
    const struct limit limit = child->limits[RLIMIT_CPU];
    host_mutex_unlock(&child->lock);
    if (limit.soft != RLIM_INFINITY || limit.hard != RLIM_INFINITY) itimer_limit_cpu(child);
}

static int64_t link_and_start(struct clone_call *call) {
    struct kernel *kernel = call->parent->kernel;
    const int64_t pidfd = open_pidfd(call);
    if (pidfd < -1) return pidfd + 1;
    host_mutex_lock(&kernel->tasks_lock);
    const int tid = link_locked(call);
    host_mutex_unlock(&kernel->tasks_lock);
    if (tid >= 0 && call->new_process) inherit_cpu_limit(call->child->process);
    const int64_t r = tid < 0 ? tid : start_child(call, tid);
    if (tid >= 0 && r < 0 && call->new_process) itimers_end(call->child->process);
    if (r < 0 && pidfd >= 0) call->request->close_pidfd(call->parent, (int)pidfd);
    return r;
}

static int event_of(struct task *parent, const struct clone_request *request) {
    const int signo = request->flags & CLONE_THREAD ? 0 : request->exit_signal;
    const int event = request->flags & CLONE_VFORK ? PTRACE_EVENT_VFORK : signo == SIGCHLD ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
    return !(request->flags & CLONE_UNTRACED) && ptrace_has_event(parent, event) ? event : 0;
}

/* Returns whether we are in another host process now. */
static bool first_fork(struct task *parent) {
    struct kernel *kernel = parent->kernel;
    if (!kernel->options.first_fork || kernel->has_forked || atomic_load(&kernel->live) != 1) return false;
    const struct task_used used = task_used_until_fork(parent);
    kernel->has_forked = true;
    if (!kernel->options.first_fork(kernel->options.callback_arg, parent)) return false;
    task_used_before_fork(parent, &used);
    return true;
}

int64_t clone_task(struct task *parent, const struct clone_request *request) {
    struct clone_call call = {.request = request, .parent = parent, .new_process = !(request->flags & CLONE_THREAD)};
    int64_t r = check(parent, request);
    if (r < 0) return r;
    call.event = event_of(parent, request);
    const struct kernel_options *options = &parent->kernel->options;
    if (options->before_clone) options->before_clone(options->before_clone_arg, parent);
    const bool is_moved = call.new_process && first_fork(parent);
    r = make_child(&call);
    if (is_moved) options->forked(options->callback_arg);
    sched_spend(&parent->sched, call.new_process ? FORK_NS : THREAD_NS);
    if (r == 0) r = link_and_start(&call);
    task_put(call.child);
    return r;
}
