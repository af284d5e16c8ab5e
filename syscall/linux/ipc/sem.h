/* SPDX-License-Identifier: ISC */
/* System V semaphores: sets by id, atomic lists of operations, undo lists. Whoever changes a set completes the operations of
 * those who sleep on it, oldest first. Source: semget(2), semop(2), semctl(2). */
#pragma once

#include "syscall/linux/abi/ipc.h"
#include "syscall/linux/ipc/ipc.h"

#include <stddef.h>

struct sem_undo_list;
struct text;

enum { SEMMNI = 32000, SEMMSL = 32000, SEMMNS = 1024000000, SEMOPM = 500, SEMVMX = 32767, SEMAEM = 32767 };

int64_t sem_get(const struct ipc_caller *caller, int32_t key, int32_t n, int flags);
/* Does all of ops[n] at once, sleeping until it can. undo: the caller's list, not NULL if an operation has SEM_UNDO. deadline_ns:
 * absolute, monotonic. Returns 0, -EAGAIN (also at the deadline), -EINTR, -EIDRM, -EFBIG, -ERANGE, -EACCES, -EINVAL, -ENOMEM. */
int sem_operate(const struct ipc_caller *caller, int32_t id, const struct linux_sembuf *ops, unsigned n,
                struct sem_undo_list *undo, int64_t deadline_ns);
int sem_remove(const struct ipc_caller *caller, int32_t id);
int sem_set(const struct ipc_caller *caller, int32_t id, const struct linux_semid_ds *ds);
/* cmd: IPC_STAT, SEM_STAT, SEM_STAT_ANY. */
int64_t sem_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_semid_ds *out);
/* cmd: IPC_INFO, SEM_INFO. Returns the highest index. */
int64_t sem_limits(const struct ipc_caller *caller, int cmd, struct linux_seminfo *out);
/* cmd: SEM_GETVAL, SEM_GETPID, SEM_GETNCNT, SEM_GETZCNT. */
int64_t sem_ask(const struct ipc_caller *caller, int32_t id, int32_t number, int cmd);
int sem_set_value(const struct ipc_caller *caller, int32_t id, int32_t number, int32_t value);
/* Number of semaphores, if the caller may read (0444) or change (0222) them; for the arrays of the two below. */
int64_t sem_count(const struct ipc_caller *caller, int32_t id, unsigned access);
/* values[n]: n as sem_count said; -EIDRM if the set is another one by now. */
int sem_get_all(const struct ipc_caller *caller, int32_t id, uint16_t *values, uint32_t n);
int sem_set_all(const struct ipc_caller *caller, int32_t id, const uint16_t *values, uint32_t n);

/* Undo lists: one for each process, or for those that share it (CLONE_SYSVSEM). Counted. NULL without memory. */
struct sem_undo_list *sem_undo_list_new(void);
struct sem_undo_list *sem_undo_list_get(struct sem_undo_list *list);
/* The last one undoes. pid: of who exits. list may be NULL. */
void sem_undo_list_put(struct ipc *ipc, struct sem_undo_list *list, int pid);

/* /proc/sysvipc/sem */
void sem_show(struct ipc *ipc, struct text *text);
