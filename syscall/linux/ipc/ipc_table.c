/* SPDX-License-Identifier: ISC */
/* Ids, keys and permissions of IPC objects. An id is its sequence number times 32768 plus its index, so that an old id does not
 * name a new object. Source: svipc(7). */
#include "syscall/linux/ipc/ipc_table.h"

#include "base/error.h"
#include "sched/scheduler.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_BITS = 15, SEQ_MAX = INT32_MAX >> INDEX_BITS };

void ipc_table_init(struct ipc_table *table, uint32_t max) {
    *table = (struct ipc_table){.max = max};
    host_mutex_init(&table->lock);
}

void ipc_table_fini(struct ipc_table *table) {
    for (uint32_t i = 0; i < table->n_slots; i++) {
        if (table->slots[i]) ipc_object_put(table->slots[i]);
    }
    free(table->slots);
    host_mutex_fini(&table->lock);
}

struct ipc_object *ipc_object_get(struct ipc_object *object) {
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return object;
}

void ipc_object_put(struct ipc_object *object) {
    if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1) object->free(object);
}

int64_t ipc_now(const struct ipc_object *object) {
    return scheduler_realtime_ns(object->scheduler) / 1000000000;
}

static bool in_group(const struct ipc_caller *caller, uint32_t gid) {
    if (caller->gid == gid) return true;
    for (uint32_t i = 0; i < caller->n_groups; i++) {
        if (caller->groups[i] == gid) return true;
    }
    return false;
}

bool ipc_allows(const struct ipc_caller *caller, const struct ipc_object *object, unsigned access) {
    const struct linux_ipc_perm *perm = &object->perm;
    const unsigned wanted = (access >> 6 | access >> 3 | access) & 7;
    unsigned granted = perm->mode;
    if (caller->uid == perm->uid || caller->uid == perm->cuid) granted >>= 6;
    else if (in_group(caller, perm->gid) || in_group(caller, perm->cgid)) granted >>= 3;
    return !(wanted & ~granted) || caller->is_owner;
}

bool ipc_owns(const struct ipc_caller *caller, const struct ipc_object *object) {
    return caller->uid == object->perm.uid || caller->uid == object->perm.cuid || caller->is_admin;
}

int ipc_set_perm_locked(struct ipc_object *object, const struct linux_ipc_perm *perm) {
    if (perm->uid == UINT32_MAX || perm->gid == UINT32_MAX) return -EINVAL;
    object->perm.uid = perm->uid;
    object->perm.gid = perm->gid;
    object->perm.mode = (object->perm.mode & ~0777u) | (perm->mode & 0777);
    object->ctime = ipc_now(object);
    return 0;
}

static struct ipc_object *find_key_locked(const struct ipc_table *table, int32_t key) {
    for (uint32_t i = 0; i < table->n_slots; i++) {
        if (table->slots[i] && table->slots[i]->perm.key == key) return table->slots[i];
    }
    return NULL;
}

struct ipc_object *ipc_find_index_locked(struct ipc_table *table, int32_t index, int *err) {
    const bool known = index >= 0 && (uint32_t)index < table->n_slots && table->slots[index];
    if (!known) *err = -EINVAL;
    return known ? table->slots[index] : NULL;
}

struct ipc_object *ipc_find_locked(struct ipc_table *table, int32_t id, int *err) {
    struct ipc_object *object = id < 0 ? NULL : ipc_find_index_locked(table, id & ((1 << INDEX_BITS) - 1), err);
    if (object && object->id == id) return object;
    *err = -EINVAL;
    return NULL;
}

int32_t ipc_highest_locked(const struct ipc_table *table) {
    for (uint32_t i = table->n_slots; i > 0; i--) {
        if (table->slots[i - 1]) return (int32_t)i - 1;
    }
    return 0;
}

/* A free index at or after `next`. -ENOSPC, -ENOMEM. */
static int free_index_locked(struct ipc_table *table) {
    if (table->n_used >= table->max) return -ENOSPC;
    for (uint32_t i = table->next; i < table->n_slots; i++) {
        if (!table->slots[i]) return (int)i;
    }
    if (table->n_slots == table->max || table->n_used < table->n_slots / 2) {
        for (uint32_t i = 0; i < table->n_slots; i++) {
            if (!table->slots[i]) return (int)i;
        }
    }
    uint32_t grown = table->n_slots ? table->n_slots * 2 : 16;
    if (grown > table->max) grown = table->max;
    struct ipc_object **slots = realloc(table->slots, grown * sizeof *slots);
    if (!slots) return -ENOMEM;
    memset(slots + table->n_slots, 0, (grown - table->n_slots) * sizeof *slots);
    const int index = (int)table->n_slots;
    table->slots = slots;
    table->n_slots = grown;
    return index;
}

static int64_t enter_locked(const struct ipc_caller *caller, struct ipc_table *table, const struct ipc_get *get) {
    int err = 0;
    const int index = free_index_locked(table);
    struct ipc_object *object = index < 0 ? NULL : get->make(caller->ipc, get->arg, &err);
    if (!object) return index < 0 ? index : err;
    if ((uint32_t)index < table->next || table->seq == 0) table->seq = table->seq % SEQ_MAX + 1;
    table->next = (uint32_t)index + 1;
    table->slots[index] = object;
    table->n_used++;
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    object->scheduler = caller->ipc->scheduler;
    object->id = (int32_t)(table->seq << INDEX_BITS) | index;
    object->ctime = ipc_now(object);
    object->perm = (struct linux_ipc_perm){.key = get->key, .uid = caller->uid, .gid = caller->gid, .cuid = caller->uid,
                                           .cgid = caller->gid, .mode = (uint32_t)get->flags & 0777,
                                           .seq = (uint16_t)table->seq};
    return object->id;
}

static int64_t get_locked(const struct ipc_caller *caller, struct ipc_table *table, const struct ipc_get *get) {
    const struct ipc_object *found = get->key == IPC_PRIVATE ? NULL : find_key_locked(table, get->key);
    if (!found) {
        const bool create = get->key == IPC_PRIVATE || (get->flags & IPC_CREAT);
        return create ? enter_locked(caller, table, get) : -ENOENT;
    }
    if ((get->flags & IPC_CREAT) && (get->flags & IPC_EXCL)) return -EEXIST;
    const int err = get->check(found, get->arg);
    if (err) return err;
    return ipc_allows(caller, found, (unsigned)get->flags & 0777) ? found->id : -EACCES;
}

int64_t ipc_table_get(const struct ipc_caller *caller, struct ipc_table *table, const struct ipc_get *get) {
    host_mutex_lock(&table->lock);
    const int64_t r = get_locked(caller, table, get);
    host_mutex_unlock(&table->lock);
    return r;
}

void ipc_take_out_locked(struct ipc_table *table, struct ipc_object *object) {
    table->slots[object->id & ((1 << INDEX_BITS) - 1)] = NULL;
    table->n_used--;
    object->removed = true;
}
