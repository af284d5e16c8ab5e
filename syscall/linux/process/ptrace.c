/* SPDX-License-Identifier: ISC */
/* Who traces whom. Invariant: a tracee is in its tracer's list from link to unlink, counted by it; the tracer lets go of all
 * before it leaves the tables. A thread that has exited stays in the list until its tracer has waited for it. */
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/ptrace_internal.h"

#include "base/error.h"

static bool is_leader(const struct task *task) {
    return task_tid(task) == task->process->pid;
}

static void link_signal_locked(struct task *tracer, struct task *tracee, bool seize, uint32_t options) {
    struct task_trace *trace = &tracee->trace;
    atomic_store(&trace->tracer, tracer);
    trace->seized = seize;
    trace->options = options;
    trace->is_reported = false;
    list_append(&tracer->trace.tracees, &trace->node);
    if (is_leader(tracee)) tracee->process->traced_leader = tracee;
    task_get(tracee);
}

/* What it was about to do for its tracer it need not do any more; but a stop of its process holds it now. */
void ptrace_unlink_locked(struct task *tracee) {
    struct process *process = tracee->process;
    struct task_trace *trace = &tracee->trace;
    host_mutex_lock(&process->signal_lock);
    atomic_store(&trace->tracer, NULL);
    trace->seized = false;
    trace->options = 0;
    trace->has_news = false;
    list_remove(&trace->node);
    if (process->traced_leader == tracee) process->traced_leader = NULL;
    if (!trace->has_exited) {
        trace->is_stopped = false;
        if (process->stopping) task_notify(tracee, ATTENTION_STOP);
        sched_wake(&tracee->sched);
    }
    host_mutex_unlock(&process->signal_lock);
    task_put(tracee);
}

int ptrace_may_access(struct task *caller, struct task *target) {
    const struct cred *own = &caller->cred;
    if (caller->process == target->process || cred_capable(own, CAP_SYS_PTRACE)) return 0;
    host_mutex_lock(&target->lock);
    const struct cred *other = &target->cred;
    const bool same_user = own->uid == other->uid && own->uid == other->euid && own->uid == other->suid;
    const bool same_group = own->gid == other->gid && own->gid == other->egid && own->gid == other->sgid;
    host_mutex_unlock(&target->lock);
    host_mutex_lock(&target->process->lock);
    const bool dumpable = target->process->dumpable == 1;
    host_mutex_unlock(&target->process->lock);
    return same_user && same_group && dumpable ? 0 : -EPERM;
}

static int attach_locked(struct task *tracer, int tid, bool seize, uint32_t options) {
    struct task *tracee = pids_task_locked(tracer->kernel, tid);
    if (!tracee) return pids_process_locked(tracer->kernel, tid) ? -EPERM : -ESRCH;
    if (tracee->process == tracer->process || ptrace_may_access(tracer, tracee) < 0 || ptrace_is_traced(tracee)) return -EPERM;
    host_mutex_lock(&tracee->process->signal_lock);
    link_signal_locked(tracer, tracee, seize, options);
    if (tracee->stopped) sched_wake(&tracee->sched); /* its stop becomes one that the tracer sees */
    host_mutex_unlock(&tracee->process->signal_lock);
    if (!seize) signal_send_task(tracee, SIGSTOP, SI_KERNEL);
    return 0;
}

int ptrace_attach(struct task *tracer, int tid, bool seize, uint64_t options) {
    if (options & ~(uint64_t)PTRACE_O_MASK) return -EIO;
    host_mutex_lock(&tracer->kernel->tasks_lock);
    const int r = attach_locked(tracer, tid, seize, (uint32_t)options);
    host_mutex_unlock(&tracer->kernel->tasks_lock);
    return r;
}

/* The thread that made the process, or another one if that has ended. */
static struct task *parent_thread_locked(const struct process *process) {
    const struct process *parent = process->parent;
    if (!parent || parent->n_threads == 0) return NULL;
    if (process->parent_task) return process->parent_task;
    return CONTAINER_OF(parent->threads.next, struct task, thread_node);
}

int ptrace_traceme(struct task *task) {
    int r = -EPERM;
    host_mutex_lock(&task->kernel->tasks_lock);
    struct task *parent = parent_thread_locked(task->process);
    if (parent && !ptrace_is_traced(task)) {
        host_mutex_lock(&task->process->signal_lock);
        link_signal_locked(parent, task, false, 0);
        host_mutex_unlock(&task->process->signal_lock);
        r = 0;
    }
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

static struct task *find_locked(struct task *tracer, int tid) {
    LIST_FOR_EACH(node, &tracer->trace.tracees) {
        struct task *tracee = CONTAINER_OF(node, struct task, trace.node);
        if (task_tid(tracee) == tid && !tracee->trace.has_exited) return tracee;
    }
    return NULL;
}

struct task *ptrace_find(struct task *tracer, int tid) {
    host_mutex_lock(&tracer->kernel->tasks_lock);
    struct task *tracee = find_locked(tracer, tid);
    if (tracee) task_get(tracee);
    host_mutex_unlock(&tracer->kernel->tasks_lock);
    return tracee;
}

struct task *ptrace_begin(struct task *tracer, int tid) {
    struct task *tracee = ptrace_find(tracer, tid);
    if (!tracee) return NULL;
    host_mutex_lock(&tracee->process->signal_lock);
    const bool ready = ptrace_may_freeze_locked(tracee);
    if (ready) tracee->trace.is_frozen = true;
    host_mutex_unlock(&tracee->process->signal_lock);
    if (ready) return tracee;
    task_put(tracee);
    return NULL;
}

void ptrace_end(struct task *tracee) {
    host_mutex_lock(&tracee->process->signal_lock);
    tracee->trace.is_frozen = false;
    sched_wake(&tracee->sched);
    host_mutex_unlock(&tracee->process->signal_lock);
    task_put(tracee);
}

void ptrace_detach(struct task *tracee, int signo) {
    struct kernel *kernel = tracee->kernel;
    ptrace_resume(tracee, PTRACE_GO, signo);
    host_mutex_lock(&kernel->tasks_lock);
    ptrace_unlink_locked(tracee);
    host_mutex_unlock(&kernel->tasks_lock);
}

void ptrace_tell_tracer_locked(struct task *tracee, int code, int status) {
    struct process *to = atomic_load(&tracee->trace.tracer)->process;
    struct guest_siginfo info = signal_info(SIGCHLD, code);
    info.chld.pid = task_tid(tracee);
    info.chld.uid = tracee->cred.uid;
    info.chld.status = status;
    host_mutex_lock(&to->signal_lock); /* exec changes `actions` under it */
    const uint64_t flags = signal_action_of(to->actions, SIGCHLD).flags;
    host_mutex_unlock(&to->signal_lock);
    const bool ended = code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED;
    if (ended || !(flags & SA_NOCLDSTOP)) signal_send_info_process(to, &info);
    wait_queue_wake_all(&to->child_wait);
}

/* A zombie that only the tracer knew of: its parent's turn, unless that is the same process, which has heard of it. */
void ptrace_release_locked(struct task *tracee) {
    struct process *process = process_get(tracee->process);
    struct process *tracer = atomic_load(&tracee->trace.tracer)->process;
    const bool ends = process->traced_leader == tracee && process->state == PROCESS_ZOMBIE;
    ptrace_unlink_locked(tracee);
    if (ends) exit_release_zombie_locked(process, tracer == process->parent);
    process_put(process);
}

static void let_go_of_tracees_locked(struct task *task) {
    LIST_FOR_EACH(node, &task->trace.tracees) {
        struct task *tracee = CONTAINER_OF(node, struct task, trace.node);
        if (tracee->trace.options & PTRACE_O_EXITKILL) signal_group_exit(tracee->process, SIGKILL);
    }
    while (!list_empty(&task->trace.tracees)) {
        ptrace_release_locked(CONTAINER_OF(task->trace.tracees.next, struct task, trace.node));
    }
}

void ptrace_exit_locked(struct task *task) {
    let_go_of_tracees_locked(task);
    task->trace.has_exited = true;
    if (!ptrace_is_traced(task) || is_leader(task)) return;
    const struct ptrace_ending ending = ptrace_ending_of(task->exit_code);
    ptrace_tell_tracer_locked(task, ending.code, ending.status);
}

void ptrace_become_leader_locked(struct task *task, struct process *process) {
    if (process->traced_leader == task) return;
    if (process->traced_leader) ptrace_unlink_locked(process->traced_leader);
    host_mutex_lock(&process->signal_lock);
    if (ptrace_is_traced(task)) process->traced_leader = task;
    host_mutex_unlock(&process->signal_lock);
}

bool ptrace_report_end_locked(struct process *process, int code, int status) {
    if (!process->traced_leader) return false;
    ptrace_tell_tracer_locked(process->traced_leader, code, status);
    return true;
}

void ptrace_link_child_locked(struct task *parent, struct task *child, int event, bool always) {
    struct task *tracer = atomic_load(&parent->trace.tracer);
    if (!tracer || !(event || always)) return;
    host_mutex_lock(&child->process->signal_lock);
    link_signal_locked(tracer, child, parent->trace.seized, parent->trace.options);
    if (parent->trace.seized) {
        task_notify(child, ATTENTION_TRACE);
    } else {
        const struct guest_siginfo info = signal_info(SIGSTOP, SI_USER);
        if (signal_queue_add_locked(&child->pending, &info) == 0) task_notify(child, ATTENTION_SIGNAL);
    }
    host_mutex_unlock(&child->process->signal_lock);
}
