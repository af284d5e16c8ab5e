/* SPDX-License-Identifier: ISC */
/* SEM_UNDO: what each process would take back. A list belongs to the tasks that share it; its entries hang on the sets too. */
#include "syscall/linux/ipc/sem_set.h"

#include <stdlib.h>

struct sem_undo_list {
    _Atomic uint32_t refs;
    struct list undos; /* guarded by ipc->sem.lock: struct sem_undo.in_list */
};

struct sem_undo_list *sem_undo_list_new(void) {
    struct sem_undo_list *list = malloc(sizeof *list);
    if (!list) return NULL;
    atomic_init(&list->refs, 1);
    list_init(&list->undos);
    return list;
}

struct sem_undo_list *sem_undo_list_get(struct sem_undo_list *list) {
    atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
    return list;
}

struct sem_undo *sem_undo_find_locked(struct sem_undo_list *list, struct sem_set *set) {
    LIST_FOR_EACH(node, &list->undos) {
        struct sem_undo *undo = CONTAINER_OF(node, struct sem_undo, in_list);
        if (undo->set == set) return undo;
    }
    struct sem_undo *undo = calloc(1, sizeof *undo + set->n * sizeof undo->adjust[0]);
    if (!undo) return NULL;
    undo->set = set;
    list_append(&list->undos, &undo->in_list);
    list_append(&set->undos, &undo->in_set);
    return undo;
}

void sem_undo_clear_locked(struct sem_set *set, uint32_t first, uint32_t n) {
    LIST_FOR_EACH(node, &set->undos) {
        struct sem_undo *undo = CONTAINER_OF(node, struct sem_undo, in_set);
        for (uint32_t i = first; i < first + n; i++) undo->adjust[i] = 0;
    }
}

/* A sleeper may still point at its entry: it stays in its list. */
void sem_undo_set_gone_locked(struct sem_set *set) {
    LIST_FOR_EACH(node, &set->undos) {
        struct sem_undo *undo = CONTAINER_OF(node, struct sem_undo, in_set);
        list_remove(&undo->in_set);
        list_remove(&undo->in_list);
        free(undo);
    }
}

static void take_back_locked(const struct sem_undo *undo, int pid) {
    struct sem_set *set = undo->set;
    for (uint32_t i = 0; i < set->n; i++) {
        if (!undo->adjust[i]) continue;
        const int value = set->sem[i].value + undo->adjust[i];
        set->sem[i].value = (uint16_t)(value < 0 ? 0 : value > SEMVMX ? SEMVMX : value);
        set->sem[i].pid = pid;
    }
    set->otime = ipc_now(&set->ipc);
    sem_wake_locked(set);
}

void sem_undo_list_put(struct ipc *ipc, struct sem_undo_list *list, int pid) {
    if (!list || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) != 1) return;
    host_mutex_lock(&ipc->sem.lock);
    LIST_FOR_EACH(node, &list->undos) {
        struct sem_undo *undo = CONTAINER_OF(node, struct sem_undo, in_list);
        list_remove(&undo->in_list);
        list_remove(&undo->in_set);
        take_back_locked(undo, pid);
        free(undo);
    }
    host_mutex_unlock(&ipc->sem.lock);
    free(list);
}
