/* SPDX-License-Identifier: ISC */
/* wait_for_child looks over the children under tasks_lock and sleeps on the process's child_wait in between. */
#include "syscall/linux/process/wait.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/ptrace.h"

#include "base/error.h"

static bool is_selected(const struct process *child, const struct task *task, const struct wait_request *request) {
    switch (request->type) {
    case WAIT_P_PID:
        if (child->pid != request->id) return false;
        break;
    case WAIT_P_PGID:
        if (child->pgid != (request->id ? request->id : task->process->pgid)) return false;
        break;
    case WAIT_P_PIDFD:
        if (child != request->target) return false;
        break;
    case WAIT_P_ALL:
        break;
    }
    if ((request->options & WAIT_NOTHREAD) && child->parent_task != task) return false;
    if (request->options & WAIT_ALL) return true;
    return (child->exit_signal != SIGCHLD) == ((request->options & WAIT_CLONE) != 0);
}

static void fill(struct wait_result *result, const struct process *child, int status, int code, int code_status) {
    *result = (struct wait_result){
        .pid = child->pid, .uid = child->exit_uid, .status = status, .code = code, .code_status = code_status, .usage = child->own};
    cputime_add(&result->usage, &child->waited_for);
}

void wait_fill_ended(struct wait_result *result, const struct process *child) {
    const int status = child->exit_status;
    const bool signalled = (status & 0x7f) != 0;
    const int code = !signalled ? CLD_EXITED : status & WAIT_CORE_FLAG ? CLD_DUMPED : CLD_KILLED;
    fill(result, child, status, code, signalled ? status & 0x7f : (status >> 8) & 0xff);
}

static bool report_zombie_locked(struct process *child, struct task *task, const struct wait_request *request,
                                 struct wait_result *result) {
    if (child->state != PROCESS_ZOMBIE || !(request->options & WAIT_EXITED)) return false;
    wait_fill_ended(result, child);
    if (!(request->options & WAIT_NOWAIT)) {
        cputime_add(&task->process->waited_for, &result->usage);
        exit_reap_locked(child);
    }
    return true;
}

static bool report_stopped_locked(struct process *child, const struct wait_request *request, struct wait_result *result) {
    host_mutex_lock(&child->signal_lock);
    const bool found = child->stop_report && (request->options & WAIT_STOPPED);
    if (found) {
        fill(result, child, wait_status_stopped(child->stop_signal), CLD_STOPPED, child->stop_signal);
        if (!(request->options & WAIT_NOWAIT)) child->stop_signal = 0, child->stop_report = false;
    }
    host_mutex_unlock(&child->signal_lock);
    return found;
}

bool wait_report_continued_locked(struct process *child, const struct wait_request *request, struct wait_result *result) {
    host_mutex_lock(&child->signal_lock);
    const bool found = child->continue_report && (request->options & WAIT_CONTINUED);
    if (found) {
        fill(result, child, WAIT_STATUS_CONTINUED, CLD_CONTINUED, SIGCONT);
        if (!(request->options & WAIT_NOWAIT)) child->continue_report = false;
    }
    host_mutex_unlock(&child->signal_lock);
    return found;
}

/* A child that this process traces is looked at among the tracees; one that another process traces ends for us when that one has
 * waited for it. */
static bool is_own_tracee(const struct process *child, const struct task *task) {
    return child->traced_leader && atomic_load(&child->traced_leader->trace.tracer)->process == task->process;
}

/* Returns 1 with a report, 0 to wait, -ECHILD. */
static int look_locked(struct task *task, const struct wait_request *request, struct wait_result *result) {
    int r = -ECHILD;
    LIST_FOR_EACH(node, &task->process->children) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        if (!is_selected(child, task, request)) continue;
        if (is_own_tracee(child, task)) continue;
        if (!child->traced_leader && report_zombie_locked(child, task, request, result)) return 1;
        if (child->state == PROCESS_RUNNING && report_stopped_locked(child, request, result)) return 1;
        if (child->state == PROCESS_RUNNING && wait_report_continued_locked(child, request, result)) return 1;
        r = 0;
    }
    const int traced = ptrace_wait_locked(task, request, result);
    return traced == -ECHILD ? r : traced;
}

static int look(struct task *task, const struct wait_request *request, struct wait_result *result) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int r = look_locked(task, request, result);
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r;
}

int wait_for_child(struct task *task, const struct wait_request *request, struct wait_result *result) {
    struct waiter waiter;
    int r;
    *result = (struct wait_result){0};
    waiter_init(&waiter, &task->sched);
    wait_queue_add(&task->process->child_wait, &waiter);
    while ((r = look(task, request, result)) == 0) {
        if (request->options & WAIT_NOHANG) break;
        r = task_block(task, SCHED_NEVER);
        if (r < 0) break;
    }
    wait_queue_remove(&waiter);
    if (r == -EINTR) return -ERESTARTSYS;
    return r > 0 ? 0 : r;
}
