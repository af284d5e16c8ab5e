/* SPDX-License-Identifier: ISC */
/* Making tasks: fork, vfork, clone, clone3 and posix_spawn are arguments of one function. Source: clone(2). */
#pragma once

#include "syscall/linux/abi/clone.h"
#include "syscall/linux/process/task.h"

struct clone_request {
    uint64_t flags;         /* CLONE_*, without an exit signal in the low byte */
    int exit_signal;        /* 0..64 */
    uint64_t stack;         /* the child's rsp; 0 keeps the parent's */
    uint64_t parent_tid;    /* gva for CLONE_PARENT_SETTID */
    uint64_t child_tid;     /* gva for CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
    uint64_t tls;           /* FS base for CLONE_SETTLS */
    uint64_t pidfd;         /* gva for CLONE_PIDFD */
    int tid;                /* wanted by clone3's set_tid; 0: any */
    /* CLONE_PIDFD: makes a descriptor for the child in the caller's table, -E; cancel takes it back. NULL: no pidfds */
    int (*open_pidfd)(struct task *caller, struct process *child);
    void (*close_pidfd)(struct task *caller, int fd);
};

/* Returns the child's tid to the parent, after a vfork's child has let go; or -E with nothing made. */
int64_t clone_task(struct task *parent, const struct clone_request *request);
/* A vfork child has its own memory now (exec) or needs none any more (exit): lets the parent go on. Idempotent. */
void clone_vfork_release(struct task *child);
