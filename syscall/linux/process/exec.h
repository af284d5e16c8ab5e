/* SPDX-License-Identifier: ISC */
/* Replacing a process's program. Source: execve(2). */
#pragma once

#include "syscall/linux/process/task.h"

struct exec_request {
    int dirfd;               /* where a relative path starts; AT_FDCWD */
    const char *path;        /* host string */
    int at_flags;            /* AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW */
    const char *const *argv; /* NULL-terminated host strings, as envp */
    const char *const *envp;
};

/* On success the task's CPU is at the new program's first instruction, and 0 is returned. On failure before the
 * point of no return nothing has changed and -E is returned; after it the process is on its way to die of SIGKILL
 * or SIGSEGV. Owner thread, no locks held. */
int exec_program(struct task *task, const struct exec_request *request);
