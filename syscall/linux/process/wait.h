/* SPDX-License-Identifier: ISC */
/* Waiting for children: wait4 and waitid are arguments of one function. Source: wait(2). */
#pragma once

#include "syscall/linux/abi/wait.h"
#include "syscall/linux/process/task.h"

struct wait_request {
    enum waitid_type type;
    int id;                   /* pid or pgid; 0 with WAIT_P_PGID: the caller's group */
    struct process *target;   /* WAIT_P_PIDFD: the process; borrowed */
    uint32_t options;         /* WAIT_* */
};

struct wait_result {
    int pid;                  /* 0: WAIT_NOHANG and nothing to report */
    int status;               /* wait4's encoding */
    int code, code_status;    /* siginfo's: CLD_*, exit status or signal */
    uint32_t uid;
    struct process_usage usage;
};

/* Between wait.c and ptrace_wait.c, with tasks_lock held: an ended process's report; the report that SIGCONT made one go on. */
void wait_fill_ended(struct wait_result *result, const struct process *child);
bool wait_report_continued_locked(struct process *child, const struct wait_request *request, struct wait_result *result);

/* Returns 0, -ECHILD, -ERESTARTSYS, -EINVAL. */
int wait_for_child(struct task *task, const struct wait_request *request, struct wait_result *result);
