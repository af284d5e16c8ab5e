/* SPDX-License-Identifier: ISC */
/* Shared memory segments. A segment lives until its memory has been freed; it leaves the table when it has been removed and no
 * mapping is left. Locks: the table's lock comes after a space's and before a backing's. */
#include "syscall/linux/ipc/shm.h"

#include "base/error.h"
#include "base/list.h"
#include "mmu/object.h"
#include "mmu/space.h"
#include "syscall/linux/fs/text.h"
#include "syscall/linux/ipc/ipc_table.h"

#include <stdio.h>
#include <stdlib.h>

#define SEGMENT_MAX (1ull << 46) /* what a space could map */

struct shm_segment {
    struct ipc_object ipc;
    struct mem_object_owner owner;
    struct ipc *machine;       /* borrowed: it outlives all spaces */
    struct mem_object *object; /* counted until the segment leaves the table */
    uint64_t size;             /* immutable */
    /* guarded by the table's lock */
    int64_t atime, dtime;
    int32_t cpid, lpid;
};

static struct shm_segment *segment_of(struct ipc_object *object) {
    return CONTAINER_OF(object, struct shm_segment, ipc);
}

static uint64_t pages_of(const struct shm_segment *segment) {
    return (segment->size + GUEST_PAGE_SIZE - 1) / GUEST_PAGE_SIZE;
}

static void segment_free(struct ipc_object *object) {
    free(segment_of(object));
}

/* Out of the table with the lock held; what it held goes without. */
static void take_out_locked(struct shm_segment *segment) {
    segment->machine->shm_pages -= pages_of(segment);
    ipc_take_out_locked(&segment->machine->shm, &segment->ipc);
}

static void let_go(struct shm_segment *segment) {
    mem_object_put(segment->object);
    ipc_object_put(&segment->ipc);
}

void shm_end(struct ipc *ipc) {
    for (uint32_t i = 0; i < ipc->shm.n_slots; i++) {
        if (ipc->shm.slots[i]) mem_object_put(segment_of(ipc->shm.slots[i])->object);
    }
}

static void unmapped(struct mem_object_owner *owner, uint32_t left) {
    struct shm_segment *segment = CONTAINER_OF(owner, struct shm_segment, owner);
    struct ipc_table *table = &segment->machine->shm;
    host_mutex_lock(&table->lock);
    segment->dtime = ipc_now(&segment->ipc);
    const bool last = !left && (segment->ipc.perm.mode & SHM_DEST) && !segment->ipc.removed;
    if (last) take_out_locked(segment);
    host_mutex_unlock(&table->lock);
    if (last) let_go(segment);
}

static void gone(struct mem_object_owner *owner) {
    ipc_object_put(&CONTAINER_OF(owner, struct shm_segment, owner)->ipc);
}

struct request {
    const struct ipc_caller *caller;
    int32_t key;
    int flags;
    uint64_t size;
};

static int check_size(const struct ipc_object *object, void *arg) {
    const struct request *request = arg;
    return CONTAINER_OF(object, struct shm_segment, ipc)->size < request->size ? -EINVAL : 0;
}

static int check_new(const struct ipc *ipc, const struct request *request) {
    const uint64_t pages = request->size / GUEST_PAGE_SIZE + 1;
    if (request->size < SHMMIN || request->size > SHMMAX) return -EINVAL;
    if (pages > SHMALL - ipc->shm_pages) return -ENOSPC;
    if (request->flags & SHM_HUGETLB) return request->caller->may_lock ? -ENOMEM : -EPERM; /* no huge pages are reserved */
    return request->size > SEGMENT_MAX ? -ENOMEM : 0;
}

static struct ipc_object *make_segment(struct ipc *ipc, void *arg, int *err) {
    const struct request *request = arg;
    char name[32];
    *err = check_new(ipc, request);
    struct shm_segment *segment = *err ? NULL : calloc(1, sizeof *segment);
    if (!segment) return *err = *err ? *err : -ENOMEM, NULL;
    snprintf(name, sizeof name, "/SYSV%08x (deleted)", (unsigned)request->key);
    segment->object = mem_object_new_anonymous(name);
    if (!segment->object) {
        free(segment);
        *err = -ENOMEM;
        return NULL;
    }
    segment->ipc.free = segment_free;
    atomic_init(&segment->ipc.refs, 1); /* the memory's, until it is gone */
    segment->owner = (struct mem_object_owner){.unmapped = unmapped, .gone = gone};
    segment->machine = ipc;
    segment->size = request->size;
    segment->cpid = request->caller->pid;
    mem_object_set_owner(segment->object, &segment->owner);
    ipc->shm_pages += pages_of(segment);
    return &segment->ipc;
}

int64_t shm_get(const struct ipc_caller *caller, int32_t key, uint64_t size, int flags) {
    struct request request = {.caller = caller, .key = key, .flags = flags, .size = size};
    const struct ipc_get get = {.key = key, .flags = flags, .arg = &request, .check = check_size, .make = make_segment};
    return ipc_table_get(caller, &caller->ipc->shm, &get);
}

/* The segment, if the caller has these rights to it (0: whoever); NULL and *err. */
static struct shm_segment *find_locked(const struct ipc_caller *caller, int32_t id, unsigned access, int *err) {
    struct ipc_object *object = ipc_find_locked(&caller->ipc->shm, id, err);
    if (!object) return NULL;
    if (!access || ipc_allows(caller, object, access)) return segment_of(object);
    *err = -EACCES;
    return NULL;
}

static struct shm_segment *own_locked(const struct ipc_caller *caller, int32_t id, int *err) {
    struct shm_segment *segment = find_locked(caller, id, 0, err);
    if (!segment || ipc_owns(caller, &segment->ipc)) return segment;
    *err = -EPERM;
    return NULL;
}

static struct mem_object *read_only(struct mem_object *whole, int32_t key) {
    char name[32];
    snprintf(name, sizeof name, "/SYSV%08x (deleted)", (unsigned)key);
    struct mem_object *object = mem_object_new_read_only(whole, name);
    mem_object_put(whole);
    return object;
}

int shm_segment_open(const struct ipc_caller *caller, int32_t id, unsigned access, struct mem_object **object, uint64_t *size) {
    int err = 0;
    int32_t key = 0;
    host_mutex_lock(&caller->ipc->shm.lock);
    const struct shm_segment *segment = find_locked(caller, id, access, &err);
    if (segment) {
        *object = mem_object_get(segment->object);
        *size = segment->size;
        key = segment->ipc.perm.key;
    }
    host_mutex_unlock(&caller->ipc->shm.lock);
    if (!segment) return err;
    if (!(access & 0222)) *object = read_only(*object, key);
    return *object ? 0 : -ENOMEM;
}

void shm_note_attach(const struct ipc_caller *caller, int32_t id) {
    int err = 0;
    host_mutex_lock(&caller->ipc->shm.lock);
    struct shm_segment *segment = find_locked(caller, id, 0, &err);
    if (segment) {
        segment->atime = ipc_now(&segment->ipc);
        segment->lpid = caller->pid;
    }
    host_mutex_unlock(&caller->ipc->shm.lock);
}

int shm_remove(const struct ipc_caller *caller, int32_t id) {
    int err = 0;
    bool now = false;
    host_mutex_lock(&caller->ipc->shm.lock);
    struct shm_segment *segment = own_locked(caller, id, &err);
    if (segment) {
        now = mem_object_mappings(segment->object) == 0;
        segment->ipc.perm.mode |= SHM_DEST;
        segment->ipc.perm.key = IPC_PRIVATE;
        if (now) take_out_locked(segment);
    }
    host_mutex_unlock(&caller->ipc->shm.lock);
    if (now) let_go(segment);
    return err;
}

int shm_set(const struct ipc_caller *caller, int32_t id, const struct linux_shmid_ds *ds) {
    int err = 0;
    host_mutex_lock(&caller->ipc->shm.lock);
    struct shm_segment *segment = own_locked(caller, id, &err);
    if (segment) err = ipc_set_perm_locked(&segment->ipc, &ds->perm);
    host_mutex_unlock(&caller->ipc->shm.lock);
    return err;
}

int shm_lock(const struct ipc_caller *caller, int32_t id, bool lock) {
    int err = 0;
    host_mutex_lock(&caller->ipc->shm.lock);
    struct shm_segment *segment = own_locked(caller, id, &err);
    if (segment && lock && !caller->may_lock) err = -EPERM;
    if (!err) segment->ipc.perm.mode = (segment->ipc.perm.mode & ~(uint32_t)SHM_LOCKED) | (lock ? SHM_LOCKED : 0);
    host_mutex_unlock(&caller->ipc->shm.lock);
    return err;
}

static struct linux_shmid_ds describe_locked(const struct shm_segment *segment) {
    return (struct linux_shmid_ds){
        .perm = segment->ipc.perm, .segsz = segment->size, .atime = segment->atime, .dtime = segment->dtime,
        .ctime = segment->ipc.ctime, .cpid = segment->cpid, .lpid = segment->lpid,
        .nattch = mem_object_mappings(segment->object),
    };
}

int64_t shm_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_shmid_ds *out) {
    int err = 0;
    struct ipc_table *table = &caller->ipc->shm;
    host_mutex_lock(&table->lock);
    struct ipc_object *object = cmd == IPC_STAT ? ipc_find_locked(table, id, &err) : ipc_find_index_locked(table, id, &err);
    if (object && cmd != SHM_STAT_ANY && !ipc_allows(caller, object, 0444)) err = -EACCES;
    if (!err) *out = describe_locked(segment_of(object));
    const int64_t r = err || cmd == IPC_STAT ? err : object->id;
    host_mutex_unlock(&table->lock);
    return r;
}

int64_t shm_limits(const struct ipc_caller *caller, struct linux_shminfo *out) {
    *out = (struct linux_shminfo){.shmmax = SHMMAX, .shmmin = SHMMIN, .shmmni = SHMMNI, .shmseg = SHMMNI, .shmall = SHMALL};
    host_mutex_lock(&caller->ipc->shm.lock);
    const int32_t highest = ipc_highest_locked(&caller->ipc->shm);
    host_mutex_unlock(&caller->ipc->shm.lock);
    return highest;
}

int64_t shm_usage(const struct ipc_caller *caller, struct linux_shm_info *out) {
    host_mutex_lock(&caller->ipc->shm.lock);
    *out = (struct linux_shm_info){.used_ids = (int32_t)caller->ipc->shm.n_used, .tot = caller->ipc->shm_pages};
    const int32_t highest = ipc_highest_locked(&caller->ipc->shm);
    host_mutex_unlock(&caller->ipc->shm.lock);
    return highest;
}

static void show_locked(const struct shm_segment *segment, struct text *text) {
    const struct linux_shmid_ds ds = describe_locked(segment);
    text_printf(text, "%10d %10d  %4o %21llu %5d %5d  %5llu %5u %5u %5u %5u %10lld %10lld %10lld %21llu %21llu\n", ds.perm.key,
                segment->ipc.id, ds.perm.mode, (unsigned long long)ds.segsz, ds.cpid, ds.lpid, (unsigned long long)ds.nattch,
                ds.perm.uid, ds.perm.gid, ds.perm.cuid, ds.perm.cgid, (long long)ds.atime, (long long)ds.dtime,
                (long long)ds.ctime, 0ull, 0ull);
}

void shm_show(struct ipc *ipc, struct text *text) {
    text_printf(text, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime"
                      "      dtime      ctime                   rss                  swap\n");
    host_mutex_lock(&ipc->shm.lock);
    for (uint32_t i = 0; i < ipc->shm.n_slots; i++) {
        if (ipc->shm.slots[i]) show_locked(segment_of(ipc->shm.slots[i]), text);
    }
    host_mutex_unlock(&ipc->shm.lock);
}
