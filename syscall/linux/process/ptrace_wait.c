/* SPDX-License-Identifier: ISC */
/* Waiting for tracees: stops, ends of threads, ends of processes. What a tracer has waited for goes on to the parent. */
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/ptrace_internal.h"
#include "syscall/linux/process/wait.h"

#include "base/error.h"

static bool is_leader(const struct task *tracee) {
    return tracee->process->traced_leader == tracee;
}

static bool is_selected(const struct task *tracee, const struct task *task, const struct wait_request *request) {
    const struct process *process = tracee->process;
    switch (request->type) {
    case WAIT_P_PID: return task_tid(tracee) == request->id;
    case WAIT_P_PGID: return process->pgid == (request->id ? request->id : task->process->pgid);
    case WAIT_P_PIDFD: return process == request->target && is_leader(tracee);
    default: return true;
    }
}

static bool report_thread_locked(struct task *tracee, const struct wait_request *request, struct wait_result *result) {
    if (!tracee->trace.has_exited || is_leader(tracee) || !(request->options & WAIT_EXITED)) return false;
    const struct ptrace_ending ending = ptrace_ending_of(tracee->exit_code);
    *result = (struct wait_result){.pid = task_tid(tracee), .uid = tracee->cred.uid, .status = tracee->exit_code,
                                   .code = ending.code, .code_status = ending.status, .usage = cputime_usage_of_task(tracee)};
    if (!(request->options & WAIT_NOWAIT)) ptrace_release_locked(tracee);
    return true;
}

/* Only a parent adds up the usage and takes the process out of the tree. */
static bool report_process_locked(struct task *tracee, struct task *task, const struct wait_request *request,
                                  struct wait_result *result) {
    struct process *process = tracee->process;
    if (!is_leader(tracee) || process->state != PROCESS_ZOMBIE || !(request->options & WAIT_EXITED)) return false;
    wait_fill_ended(result, process);
    if (request->options & WAIT_NOWAIT) return true;
    process_get(process);
    if (process->parent == task->process) {
        ptrace_unlink_locked(tracee);
        cputime_add(&task->process->waited_for, &result->usage);
        exit_reap_locked(process);
    } else {
        ptrace_release_locked(tracee);
    }
    process_put(process);
    return true;
}

static bool report_stop_locked(struct task *tracee, const struct wait_request *request, struct wait_result *result) {
    struct task_trace *trace = &tracee->trace;
    host_mutex_lock(&tracee->process->signal_lock);
    const bool found = trace->is_stopped && !trace->is_listening && !trace->is_reported;
    if (found) {
        *result = (struct wait_result){.pid = task_tid(tracee), .uid = tracee->cred.uid, .status = wait_status_stopped(trace->code),
                                       .code = CLD_TRAPPED, .code_status = trace->code, .usage = tracee->process->own};
        trace->is_reported = !(request->options & WAIT_NOWAIT);
    }
    host_mutex_unlock(&tracee->process->signal_lock);
    return found;
}

static int look_at_tracees_locked(struct task *tracer, struct task *task, const struct wait_request *request,
                                  struct wait_result *result) {
    int r = -ECHILD;
    LIST_FOR_EACH(node, &tracer->trace.tracees) {
        struct task *tracee = CONTAINER_OF(node, struct task, trace.node);
        if (!is_selected(tracee, task, request)) continue;
        if (report_thread_locked(tracee, request, result)) return 1;
        if (report_process_locked(tracee, task, request, result)) return 1;
        if (report_stop_locked(tracee, request, result)) return 1;
        if (is_leader(tracee) && wait_report_continued_locked(tracee->process, request, result)) return 1;
        r = 0;
    }
    return r;
}

int ptrace_wait_locked(struct task *task, const struct wait_request *request, struct wait_result *result) {
    int r = -ECHILD;
    LIST_FOR_EACH(node, &task->process->threads) {
        struct task *tracer = CONTAINER_OF(node, struct task, thread_node);
        if ((request->options & WAIT_NOTHREAD) && tracer != task) continue;
        const int one = look_at_tracees_locked(tracer, task, request, result);
        if (one == 1) return 1;
        if (one == 0) r = 0;
    }
    return r;
}
