/* SPDX-License-Identifier: ISC */
/* The operations themselves: all of a list or none, and the queue of those who wait. */
#include "syscall/linux/ipc/sem_set.h"

#include "base/error.h"

/* One operation. Returns 0, SEM_PENDING, -ERANGE. */
static int apply(struct sem_set *set, struct sem_waiter *waiter, const struct linux_sembuf *op) {
    struct semaphore *sem = &set->sem[op->num];
    const int value = sem->value + op->op;
    const bool blocks = op->op == 0 ? sem->value != 0 : value < 0;
    if (blocks) {
        waiter->blocked_on = op->num;
        waiter->wants_zero = op->op == 0;
        return op->flags & IPC_NOWAIT ? -EAGAIN : SEM_PENDING;
    }
    if (value > SEMVMX) return -ERANGE;
    if (op->flags & SEM_UNDO) {
        const int adjust = waiter->undo->adjust[op->num] - op->op;
        if (adjust < -SEMAEM - 1 || adjust > SEMAEM) return -ERANGE;
        waiter->undo->adjust[op->num] = (int16_t)adjust;
    }
    sem->value = (uint16_t)value;
    return 0;
}

static void take_back(struct sem_set *set, struct sem_waiter *waiter, unsigned n) {
    while (n-- > 0) {
        const struct linux_sembuf *op = &waiter->ops[n];
        set->sem[op->num].value = (uint16_t)(set->sem[op->num].value - op->op);
        if (op->flags & SEM_UNDO) waiter->undo->adjust[op->num] = (int16_t)(waiter->undo->adjust[op->num] + op->op);
    }
}

int sem_try_locked(struct sem_set *set, struct sem_waiter *waiter) {
    for (unsigned i = 0; i < waiter->n_ops; i++) {
        const int r = apply(set, waiter, &waiter->ops[i]);
        if (r) {
            take_back(set, waiter, i);
            return r;
        }
    }
    for (unsigned i = 0; i < waiter->n_ops; i++) set->sem[waiter->ops[i].num].pid = waiter->pid;
    set->otime = ipc_now(&set->ipc);
    return 0;
}

static void finish_locked(struct sem_waiter *waiter, int result) {
    waiter->result = result;
    list_remove(&waiter->node);
    sched_wake(waiter->thread);
}

void sem_wake_locked(struct sem_set *set) {
    bool changed = true;
    while (changed) {
        changed = false;
        LIST_FOR_EACH(node, &set->pending) {
            struct sem_waiter *waiter = CONTAINER_OF(node, struct sem_waiter, node);
            const int r = sem_try_locked(set, waiter);
            if (r == SEM_PENDING) continue;
            changed |= r == 0;
            finish_locked(waiter, r);
        }
    }
}

void sem_fail_locked(struct sem_set *set, int err) {
    LIST_FOR_EACH(node, &set->pending) finish_locked(CONTAINER_OF(node, struct sem_waiter, node), err);
}
