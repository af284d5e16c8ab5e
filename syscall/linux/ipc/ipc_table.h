/* SPDX-License-Identifier: ISC */
/* A table of one kind of IPC objects: ids, keys, permissions, and the lock that guards the objects' contents too. An object is
 * counted: the table holds one until it is removed, whoever sleeps on it or attaches it holds others. Private to ipc/. */
#pragma once

#include "base/list.h"
#include "host/thread.h"
#include "syscall/linux/abi/ipc.h"
#include "syscall/linux/ipc/ipc.h"

#include <stdatomic.h>

struct ipc_object {
    int32_t id;           /* immutable once in the table, as is the next */
    const struct scheduler *scheduler; /* borrowed from the machine: its clock */
    bool removed;         /* guarded by the table's lock, as the rest */
    struct linux_ipc_perm perm;
    int64_t ctime;
    _Atomic uint32_t refs;
    void (*free)(struct ipc_object *object);
};

struct ipc_table {
    struct host_mutex lock;
    struct ipc_object **slots; /* owned; by index of the id; NULL: free */
    uint32_t n_slots, n_used, max;
    uint32_t next;             /* the index to try first */
    uint32_t seq;
};

struct ipc {
    const struct scheduler *scheduler; /* immutable; borrowed */
    struct ipc_table shm, sem, msg;
    struct host_mutex mq_lock;
    struct list mqueues; /* guarded by mq_lock: POSIX message queues that have a name */
    uint64_t mq_count, mq_bytes; /* guarded by mq_lock: of all, named or not */
    uint64_t shm_pages;  /* guarded by shm.lock: pages of all segments */
    uint64_t sem_total;  /* guarded by sem.lock: semaphores of all sets */
    uint64_t msg_bytes, msg_count; /* guarded by msg.lock: of all queues */
};

/* What ipc_table_get must know of a kind. */
struct ipc_get {
    int32_t key;
    int flags;
    void *arg;
    /* An object that exists: 0 or -EINVAL. */
    int (*check)(const struct ipc_object *object, void *arg);
    /* A new one with id and perm still to be set, without the table's count; NULL and *err. Called with the lock held. */
    struct ipc_object *(*make)(struct ipc *ipc, void *arg, int *err);
};

void ipc_table_init(struct ipc_table *table, uint32_t max);
/* Takes what is left out, after `remove` (may be NULL) for each. */
void ipc_table_fini(struct ipc_table *table);

/* xxxget(2): the id or -E. Locks: takes the table's. */
int64_t ipc_table_get(const struct ipc_caller *caller, struct ipc_table *table, const struct ipc_get *get);
/* The object with that id, borrowed while the lock is held; NULL and *err: -EINVAL. */
struct ipc_object *ipc_find_locked(struct ipc_table *table, int32_t id, int *err);
/* The same by index (the _STAT commands). */
struct ipc_object *ipc_find_index_locked(struct ipc_table *table, int32_t index, int *err);
/* The highest index in use, or 0. */
int32_t ipc_highest_locked(const struct ipc_table *table);
/* access: bits of 0444 and 0222 that are wanted. */
bool ipc_allows(const struct ipc_caller *caller, const struct ipc_object *object, unsigned access);
/* May change or remove it. */
bool ipc_owns(const struct ipc_caller *caller, const struct ipc_object *object);
/* IPC_SET: owner, group and mode bits. -EINVAL: no such ids. */
int ipc_set_perm_locked(struct ipc_object *object, const struct linux_ipc_perm *perm);
/* Out of the table: the id is free; its count goes (to the caller). */
void ipc_take_out_locked(struct ipc_table *table, struct ipc_object *object);

struct ipc_object *ipc_object_get(struct ipc_object *object);
void ipc_object_put(struct ipc_object *object);

/* Seconds since 1970 on the machine's clock, of an object in a table. */
int64_t ipc_now(const struct ipc_object *object);
