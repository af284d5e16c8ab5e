/* SPDX-License-Identifier: ISC */
/* A set of semaphores and who sleeps on it. Everything is guarded by ipc->sem.lock. For sem*.c only. */
#pragma once

#include "base/list.h"
#include "sched/sched.h"
#include "syscall/linux/ipc/ipc_table.h"
#include "syscall/linux/ipc/sem.h"

struct semaphore {
    uint16_t value;
    int32_t pid; /* of the last operation */
};

struct sem_set {
    struct ipc_object ipc;
    struct ipc *machine;
    uint32_t n;                /* immutable */
    int64_t otime;
    struct list pending;       /* struct sem_waiter.node, oldest first */
    struct list undos;         /* struct sem_undo.in_set */
    struct semaphore sem[];
};

/* What one sleeper wants. Lies on its stack. */
struct sem_waiter {
    struct list node;
    struct sched_thread *thread;
    const struct linux_sembuf *ops;
    unsigned n_ops;
    struct sem_undo *undo;     /* NULL: no operation has SEM_UNDO */
    int pid;
    int result;                /* SEM_PENDING while asleep */
    uint16_t blocked_on;       /* semaphore, */
    bool wants_zero;           /* and whether for 0 */
};

enum { SEM_PENDING = 1 };

/* What a process's exit adds to each semaphore of a set. */
struct sem_undo {
    struct list in_set, in_list;
    struct sem_set *set;       /* NULL once the set has gone */
    int16_t adjust[];
};

static inline struct sem_set *sem_set_of(struct ipc_object *object) {
    return CONTAINER_OF(object, struct sem_set, ipc);
}

/* Tries the waiter's operations. Returns 0 (done), SEM_PENDING (says on what), -EAGAIN (IPC_NOWAIT), -ERANGE. */
int sem_try_locked(struct sem_set *set, struct sem_waiter *waiter);
/* After a change: completes what can be completed now. */
void sem_wake_locked(struct sem_set *set);
/* All sleepers return err. */
void sem_fail_locked(struct sem_set *set, int err);

/* The caller's undo entry for the set; made if need be. NULL without memory. */
struct sem_undo *sem_undo_find_locked(struct sem_undo_list *list, struct sem_set *set);
/* SETVAL, SETALL: forgets what was to be undone. */
void sem_undo_clear_locked(struct sem_set *set, uint32_t first, uint32_t n);
void sem_undo_set_gone_locked(struct sem_set *set);
