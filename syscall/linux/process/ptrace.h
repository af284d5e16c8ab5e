/* SPDX-License-Identifier: ISC */
/* Who traces whom (ptrace.c), how tracees stop and go on (ptrace_stop.c), what wait tells of them (ptrace_wait.c).
 * A stop sleeps in its tracee's own thread. Source: ptrace(2), linux 6.1 kernel/ptrace and kernel/signal. */
#pragma once

#include "syscall/linux/abi/ptrace.h"
#include "syscall/linux/process/signal.h"

struct wait_request;
struct wait_result;

/* Relations. Calling thread; no locks held. */
int ptrace_traceme(struct task *task);
/* ATTACH (the tracee gets SIGSTOP) or SEIZE (it runs on). Returns 0, -ESRCH, -EPERM, -EIO for bad options. */
int ptrace_attach(struct task *tracer, int tid, bool seize, uint64_t options);
/* May the caller look into another process (ptrace, /proc/PID/mem, process_vm_readv)? 0 or -EPERM. */
int ptrace_may_access(struct task *caller, struct task *target);

/* The tracer's hands on a stopped tracee: nothing of it moves until ptrace_end. Returns the tracee, counted, or NULL: the
 * caller does not trace that thread, or it is not in a stop. */
struct task *ptrace_begin(struct task *tracer, int tid);
/* The same without the stop. */
struct task *ptrace_find(struct task *tracer, int tid);
void ptrace_end(struct task *tracee);

enum ptrace_resume { PTRACE_GO, PTRACE_GO_TO_CALL, PTRACE_GO_STEP };
/* Between ptrace_begin and ptrace_end. signo: to be delivered; 0 none. */
void ptrace_resume(struct task *tracee, enum ptrace_resume how, int signo);
void ptrace_detach(struct task *tracee, int signo);
int ptrace_listen(struct task *tracee);
/* Not between them. */
int ptrace_interrupt(struct task *tracee);

/* A thread ends, having left its process's list: it lets go of its tracees, and is kept for its own tracer. Wants tasks_lock. */
void ptrace_exit_locked(struct task *task);
/* exec's caller takes the number of its leader, which is forgotten without a word. Wants tasks_lock. */
void ptrace_become_leader_locked(struct task *task, struct process *process);
/* A zombie that its tracer has to wait for first: tells the tracer and returns true. Wants tasks_lock. */
bool ptrace_report_end_locked(struct process *process, int code, int status);
/* A new child of a traced thread, not started yet: traced as its parent if `event` (0: none) is asked for, or CLONE_PTRACE.
 * Wants tasks_lock and no signal_lock; unlink undoes it. */
void ptrace_link_child_locked(struct task *parent, struct task *child, int event, bool always);
void ptrace_unlink_locked(struct task *tracee);
/* True when the option for that event is on. Owner thread. */
bool ptrace_has_event(struct task *task, int event);

/* Stops. Owner thread, no locks held; all return at once if the thread is not traced. */
/* A signal was taken to be delivered: returns the one to deliver, with *info, or 0. */
int ptrace_signal(struct task *task, int signo, struct guest_siginfo *info);
/* One of PTRACE_EVENT_*, if its option is on. */
void ptrace_event(struct task *task, int event, uint64_t message);
/* exec has succeeded; former_tid: of the thread before. */
void ptrace_exec(struct task *task, int former_tid);
/* Before and after a system call. */
void ptrace_call(struct task *task, bool is_entry);
/* The last stop: death does not end it, SIGKILL does. */
void ptrace_exit_event(struct task *task);
/* A group stop, or what PTRACE_INTERRUPT, SEIZE and SIGCONT ask for. */
void ptrace_trap(struct task *task, int stop_signal);
/* A handler's frame has been made for a thread that steps. */
void ptrace_handler_entered(struct task *task);
/* The frame must not show the step's trap flag. */
void ptrace_hide_step(struct task *task);

static inline bool ptrace_is_traced(const struct task *task) {
    return task->trace.tracer != NULL;
}

/* What wait finds among the threads that the caller's process traces. Returns 1 with a report, 0, -ECHILD. Wants tasks_lock. */
int ptrace_wait_locked(struct task *task, const struct wait_request *request, struct wait_result *result);
