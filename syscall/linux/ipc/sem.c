/* SPDX-License-Identifier: ISC */
/* The calls on semaphore sets. */
#include "syscall/linux/ipc/sem.h"

#include "base/error.h"
#include "syscall/linux/fs/text.h"
#include "syscall/linux/ipc/sem_set.h"

#include <stdlib.h>

struct request {
    int32_t n;
};

static void set_free(struct ipc_object *object) {
    free(sem_set_of(object));
}

static int check_count(const struct ipc_object *object, void *arg) {
    const struct request *request = arg;
    return request->n > (int32_t)CONTAINER_OF(object, struct sem_set, ipc)->n ? -EINVAL : 0;
}

static struct ipc_object *make_set(struct ipc *ipc, void *arg, int *err) {
    const struct request *request = arg;
    const uint32_t n = (uint32_t)request->n;
    *err = n == 0 ? -EINVAL : n > SEMMNS - ipc->sem_total ? -ENOSPC : 0;
    struct sem_set *set = *err ? NULL : calloc(1, sizeof *set + n * sizeof set->sem[0]);
    if (!set) return *err = *err ? *err : -ENOMEM, NULL;
    set->ipc.free = set_free;
    set->machine = ipc;
    set->n = n;
    list_init(&set->pending);
    list_init(&set->undos);
    ipc->sem_total += n;
    return &set->ipc;
}

int64_t sem_get(const struct ipc_caller *caller, int32_t key, int32_t n, int flags) {
    struct request request = {.n = n};
    const struct ipc_get get = {.key = key, .flags = flags, .arg = &request, .check = check_count, .make = make_set};
    if (n < 0 || n > SEMMSL) return -EINVAL;
    return ipc_table_get(caller, &caller->ipc->sem, &get);
}

/* The set, if the caller has these rights to it (0: whoever). */
static struct sem_set *find_locked(const struct ipc_caller *caller, int32_t id, unsigned access, int *err) {
    struct ipc_object *object = ipc_find_locked(&caller->ipc->sem, id, err);
    if (!object) return NULL;
    if (!access || ipc_allows(caller, object, access)) return sem_set_of(object);
    *err = -EACCES;
    return NULL;
}

static struct sem_set *own_locked(const struct ipc_caller *caller, int32_t id, int *err) {
    struct sem_set *set = find_locked(caller, id, 0, err);
    if (!set || ipc_owns(caller, &set->ipc)) return set;
    *err = -EPERM;
    return NULL;
}

/* Does it or enters the queue. Returns as sem_try_locked. */
static int begin_locked(const struct ipc_caller *caller, int32_t id, struct sem_waiter *waiter, struct sem_undo_list *undo) {
    int err = 0;
    bool changes = false;
    struct sem_set *set = find_locked(caller, id, 0, &err);
    if (!set) return err;
    for (unsigned i = 0; i < waiter->n_ops; i++) {
        if (waiter->ops[i].num >= set->n) return -EFBIG;
        changes |= waiter->ops[i].op != 0;
    }
    if (!ipc_allows(caller, &set->ipc, changes ? 0222 : 0444)) return -EACCES;
    if (undo && !(waiter->undo = sem_undo_find_locked(undo, set))) return -ENOMEM;
    const int r = sem_try_locked(set, waiter);
    if (r == SEM_PENDING) list_append(&set->pending, &waiter->node);
    if (r == 0 && changes) sem_wake_locked(set);
    return r;
}

/* Sleeps until somebody has set the result. */
static int finish(const struct ipc_caller *caller, struct sem_waiter *waiter, int64_t deadline_ns) {
    struct ipc_table *table = &caller->ipc->sem;
    int slept = 0;
    for (;;) {
        host_mutex_lock(&table->lock);
        const int result = waiter->result;
        if (result == SEM_PENDING && slept) list_remove(&waiter->node);
        host_mutex_unlock(&table->lock);
        if (result != SEM_PENDING) return result;
        if (slept) return slept == -ETIMEDOUT ? -EAGAIN : slept;
        slept = sched_block(caller->self, deadline_ns);
    }
}

int sem_operate(const struct ipc_caller *caller, int32_t id, const struct linux_sembuf *ops, unsigned n,
                struct sem_undo_list *undo, int64_t deadline_ns) {
    struct sem_waiter waiter = {.thread = caller->self, .ops = ops, .n_ops = n, .pid = caller->pid, .result = SEM_PENDING};
    bool undoes = false;
    for (unsigned i = 0; i < n; i++) undoes |= (ops[i].flags & SEM_UNDO) != 0;
    list_init(&waiter.node);
    host_mutex_lock(&caller->ipc->sem.lock);
    const int r = begin_locked(caller, id, &waiter, undoes ? undo : NULL);
    host_mutex_unlock(&caller->ipc->sem.lock);
    return r == SEM_PENDING ? finish(caller, &waiter, deadline_ns) : r;
}

int sem_remove(const struct ipc_caller *caller, int32_t id) {
    int err = 0;
    host_mutex_lock(&caller->ipc->sem.lock);
    struct sem_set *set = own_locked(caller, id, &err);
    if (set) {
        sem_fail_locked(set, -EIDRM);
        sem_undo_set_gone_locked(set);
        caller->ipc->sem_total -= set->n;
        ipc_take_out_locked(&caller->ipc->sem, &set->ipc);
        ipc_object_put(&set->ipc);
    }
    host_mutex_unlock(&caller->ipc->sem.lock);
    return err;
}

int sem_set(const struct ipc_caller *caller, int32_t id, const struct linux_semid_ds *ds) {
    int err = 0;
    host_mutex_lock(&caller->ipc->sem.lock);
    struct sem_set *set = own_locked(caller, id, &err);
    if (set) err = ipc_set_perm_locked(&set->ipc, &ds->perm);
    host_mutex_unlock(&caller->ipc->sem.lock);
    return err;
}

int64_t sem_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_semid_ds *out) {
    int err = 0;
    struct ipc_table *table = &caller->ipc->sem;
    host_mutex_lock(&table->lock);
    struct ipc_object *object = cmd == IPC_STAT ? ipc_find_locked(table, id, &err) : ipc_find_index_locked(table, id, &err);
    if (object && cmd != SEM_STAT_ANY && !ipc_allows(caller, object, 0444)) err = -EACCES;
    if (!err) {
        const struct sem_set *set = sem_set_of(object);
        *out = (struct linux_semid_ds){.perm = object->perm, .otime = set->otime, .ctime = object->ctime, .nsems = set->n};
    }
    const int64_t r = err || cmd == IPC_STAT ? err : object->id;
    host_mutex_unlock(&table->lock);
    return r;
}

int64_t sem_limits(const struct ipc_caller *caller, int cmd, struct linux_seminfo *out) {
    *out = (struct linux_seminfo){.semmap = SEMMNS, .semmni = SEMMNI, .semmns = SEMMNS, .semmnu = SEMMNS, .semmsl = SEMMSL,
                                  .semopm = SEMOPM, .semume = SEMOPM, .semusz = 20, .semvmx = SEMVMX, .semaem = SEMAEM};
    host_mutex_lock(&caller->ipc->sem.lock);
    if (cmd == SEM_INFO) {
        out->semusz = (int32_t)caller->ipc->sem.n_used;
        out->semaem = (int32_t)caller->ipc->sem_total;
    }
    const int32_t highest = ipc_highest_locked(&caller->ipc->sem);
    host_mutex_unlock(&caller->ipc->sem.lock);
    return highest;
}

static int count_blocked_locked(const struct sem_set *set, int32_t number, bool zero) {
    int n = 0;
    LIST_FOR_EACH(node, &set->pending) {
        const struct sem_waiter *waiter = CONTAINER_OF(node, struct sem_waiter, node);
        n += waiter->blocked_on == number && waiter->wants_zero == zero;
    }
    return n;
}

static int ask_locked(const struct sem_set *set, int32_t number, int cmd) {
    if (number < 0 || (uint32_t)number >= set->n) return -EINVAL;
    if (cmd == SEM_GETVAL) return set->sem[number].value;
    if (cmd == SEM_GETPID) return set->sem[number].pid;
    return count_blocked_locked(set, number, cmd == SEM_GETZCNT);
}

int64_t sem_ask(const struct ipc_caller *caller, int32_t id, int32_t number, int cmd) {
    int r = 0;
    host_mutex_lock(&caller->ipc->sem.lock);
    const struct sem_set *set = find_locked(caller, id, 0444, &r);
    if (set) r = ask_locked(set, number, cmd);
    host_mutex_unlock(&caller->ipc->sem.lock);
    return r;
}

static void store_locked(struct sem_set *set, uint32_t number, uint16_t value, int pid) {
    set->sem[number].value = value;
    set->sem[number].pid = pid;
    set->ipc.ctime = ipc_now(&set->ipc);
}

int sem_set_value(const struct ipc_caller *caller, int32_t id, int32_t number, int32_t value) {
    int err = 0;
    if (value < 0 || value > SEMVMX) return -ERANGE;
    host_mutex_lock(&caller->ipc->sem.lock);
    struct sem_set *set = find_locked(caller, id, 0222, &err);
    if (set && (number < 0 || (uint32_t)number >= set->n)) err = -EINVAL;
    if (!err) {
        sem_undo_clear_locked(set, (uint32_t)number, 1);
        store_locked(set, (uint32_t)number, (uint16_t)value, caller->pid);
        sem_wake_locked(set);
    }
    host_mutex_unlock(&caller->ipc->sem.lock);
    return err;
}

int64_t sem_count(const struct ipc_caller *caller, int32_t id, unsigned access) {
    int err = 0;
    host_mutex_lock(&caller->ipc->sem.lock);
    const struct sem_set *set = find_locked(caller, id, access, &err);
    const int64_t n = set ? (int64_t)set->n : err;
    host_mutex_unlock(&caller->ipc->sem.lock);
    return n;
}

int sem_get_all(const struct ipc_caller *caller, int32_t id, uint16_t *values, uint32_t n) {
    int err = 0;
    host_mutex_lock(&caller->ipc->sem.lock);
    const struct sem_set *set = find_locked(caller, id, 0444, &err);
    if (!set || set->n != n) err = -EIDRM;
    for (uint32_t i = 0; !err && i < n; i++) values[i] = set->sem[i].value;
    host_mutex_unlock(&caller->ipc->sem.lock);
    return err;
}

int sem_set_all(const struct ipc_caller *caller, int32_t id, const uint16_t *values, uint32_t n) {
    int err = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (values[i] > SEMVMX) return -ERANGE;
    }
    host_mutex_lock(&caller->ipc->sem.lock);
    struct sem_set *set = find_locked(caller, id, 0222, &err);
    if (!set || set->n != n) err = -EIDRM;
    for (uint32_t i = 0; !err && i < n; i++) store_locked(set, i, values[i], caller->pid);
    if (!err) {
        sem_undo_clear_locked(set, 0, n);
        sem_wake_locked(set);
    }
    host_mutex_unlock(&caller->ipc->sem.lock);
    return err;
}

void sem_show(struct ipc *ipc, struct text *text) {
    text_printf(text, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
    host_mutex_lock(&ipc->sem.lock);
    for (uint32_t i = 0; i < ipc->sem.n_slots; i++) {
        if (!ipc->sem.slots[i]) continue;
        const struct sem_set *set = sem_set_of(ipc->sem.slots[i]);
        const struct linux_ipc_perm *perm = &set->ipc.perm;
        text_printf(text, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lld %10lld\n", perm->key, set->ipc.id, perm->mode, set->n,
                    perm->uid, perm->gid, perm->cuid, perm->cgid, (long long)set->otime, (long long)set->ipc.ctime);
    }
    host_mutex_unlock(&ipc->sem.lock);
}
