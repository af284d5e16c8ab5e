/* SPDX-License-Identifier: ISC */
/* From a system call's number to its row of table.def and its handler; writes rax. */
#pragma once

#include <stdint.h>

struct task;

enum syscall_class {
    SYSCALL_FILE, SYSCALL_NET, SYSCALL_MEMORY, SYSCALL_PROCESS, SYSCALL_SIGNAL, SYSCALL_FUTEX, SYSCALL_TIME, SYSCALL_SCHED,
    SYSCALL_IDS, SYSCALL_IPC, SYSCALL_SYSTEM,
};

enum syscall_kind {
#define KIND(name, direction, print, set) KIND_##name,
#include "syscall/linux/args.def"
#undef KIND
};

struct syscall_row {
    const char *name;
    int64_t (*handler)(struct task *task, const uint64_t args[6]);
    uint8_t class, result, n_args; /* enum syscall_class, enum syscall_kind */
    uint8_t args[6];               /* enum syscall_kind */
    const char *man;
};

/* The row of a number, or NULL. */
const struct syscall_row *syscall_row(uint64_t number);

/* Answers the SYSCALL that the task's CPU has just retired. */
void dispatch(struct task *task);
