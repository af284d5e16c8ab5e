/* SPDX-License-Identifier: ISC */
/* semget(2), semop(2), semtimedop(2), semctl(2). */
#include "host/clock.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/call.h"
#include "syscall/linux/ipc/sem.h"
#include "syscall/linux/ipc_call.h"

#include <stdlib.h>

int64_t sys_semget(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    return sem_get(&caller, (int32_t)arg[0], (int32_t)arg[1], (int)arg[2]);
}

/* The first SEM_UNDO makes the caller's list. */
static int make_undo_list(struct task *task, const struct linux_sembuf *ops, unsigned n) {
    bool undoes = false;
    for (unsigned i = 0; i < n; i++) undoes |= (ops[i].flags & SEM_UNDO) != 0;
    if (!undoes || task->sem_undo) return 0;
    struct sem_undo_list *list = sem_undo_list_new();
    host_mutex_lock(&task->lock);
    task->sem_undo = list;
    host_mutex_unlock(&task->lock);
    return list ? 0 : -ENOMEM;
}

static int64_t operate(struct task *task, const uint64_t arg[6], int64_t deadline_ns) {
    const struct ipc_caller caller = ipc_caller_of(task);
    struct linux_sembuf ops[SEMOPM];
    const uint32_t n = (uint32_t)arg[2];
    if (n < 1 || (int32_t)arg[0] < 0) return -EINVAL;
    if (n > SEMOPM) return -E2BIG;
    if (copy_from_guest(task, ops, arg[1], n * sizeof ops[0])) return -EFAULT;
    int err = make_undo_list(task, ops, n);
    if (!err) err = sem_operate(&caller, (int32_t)arg[0], ops, n, task->sem_undo, deadline_ns);
    return err;
}

int64_t sys_semop(struct task *task, const uint64_t arg[6]) {
    return operate(task, arg, SCHED_NEVER);
}

int64_t sys_semtimedop(struct task *task, const uint64_t arg[6]) {
    int64_t deadline_ns;
    const int err = call_deadline(task, arg[3], &deadline_ns);
    return err ? err : operate(task, arg, deadline_ns);
}

static int64_t stat(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return sem_stat(caller, id, cmd, &data->sem);
}

static int64_t limits(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return sem_limits(caller, cmd, &data->sem_info);
}

static int64_t set(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return sem_set(caller, id, &data->sem);
}

static int64_t drop(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return sem_remove(caller, id);
}

/* The commands that are about the set, as are those of shmctl and msgctl. */
static int64_t control(struct task *task, const uint64_t arg[6]) {
    enum { DS = sizeof(struct linux_semid_ds), INFO = sizeof(struct linux_seminfo) };
    static const struct ipc_command commands[] = {
        {IPC_RMID, 0, 0, drop},      {IPC_SET, DS, 0, set},       {IPC_STAT, 0, DS, stat},     {SEM_STAT, 0, DS, stat},
        {SEM_STAT_ANY, 0, DS, stat}, {IPC_INFO, 0, INFO, limits}, {SEM_INFO, 0, INFO, limits},
    };
    return ipc_control(task, commands, ARRAY_LEN(commands), (int32_t)arg[0], (int32_t)arg[2], arg[3]);
}

/* GETALL and SETALL: the values lie in an array in guest memory. */
static int64_t all(struct task *task, const struct ipc_caller *caller, const uint64_t arg[6], bool store) {
    const int32_t id = (int32_t)arg[0];
    const int64_t n = sem_count(caller, id, store ? 0222 : 0444);
    if (n < 0) return n;
    const size_t size = (size_t)n * sizeof(uint16_t);
    uint16_t *values = malloc(size);
    if (!values) return -ENOMEM;
    int err;
    if (store) {
        err = copy_from_guest(task, values, arg[3], size) ? -EFAULT : sem_set_all(caller, id, values, (uint32_t)n);
    } else {
        err = sem_get_all(caller, id, values, (uint32_t)n);
        if (!err && copy_to_guest(task, arg[3], values, size)) err = -EFAULT;
    }
    free(values);
    return err;
}

int64_t sys_semctl(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    const int32_t id = (int32_t)arg[0], number = (int32_t)arg[1], cmd = (int32_t)arg[2];
    if (id < 0) return -EINVAL;
    switch (cmd) {
        case SEM_GETVAL:
        case SEM_GETPID:
        case SEM_GETNCNT:
        case SEM_GETZCNT: return sem_ask(&caller, id, number, cmd);
        case SEM_SETVAL: return sem_set_value(&caller, id, number, (int32_t)arg[3]);
        case SEM_GETALL: return all(task, &caller, arg, false);
        case SEM_SETALL: return all(task, &caller, arg, true);
        default: return control(task, arg);
    }
}
