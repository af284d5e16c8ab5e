/* SPDX-License-Identifier: ISC */
/* shmget(2), shmat(2), shmdt(2), shmctl(2). */
#include "mmu/object.h"
#include "mmu/space.h"
#include "syscall/linux/ipc/shm.h"
#include "syscall/linux/ipc_call.h"

int64_t sys_shmget(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    return shm_get(&caller, (int32_t)arg[0], arg[1], (int)arg[2]);
}

/* Where to attach: *at, 0 = anywhere. */
static int place(uint64_t address, int flags, uint64_t *at) {
    *at = flags & SHM_RND ? address & ~(uint64_t)(GUEST_PAGE_SIZE - 1) : address;
    if (address && !*at && (flags & SHM_REMAP)) return -EINVAL;
    if (*at & (GUEST_PAGE_SIZE - 1)) return -EINVAL;
    return !address && (flags & SHM_REMAP) ? -EINVAL : 0;
}

static int64_t attach(struct task *task, struct mem_object *object, uint64_t size, uint64_t at, int flags) {
    const int prot = SPACE_READ | (flags & SHM_RDONLY ? 0 : SPACE_WRITE) | (flags & SHM_EXEC ? SPACE_EXEC : 0);
    const int fixed = !at ? 0 : flags & SHM_REMAP ? SPACE_FIXED : SPACE_FIXED_NOREPLACE;
    const int64_t r = space_map(task_space(task), at, size, prot, SPACE_SHARED | fixed, object, 0);
    return r == -EEXIST || (r == -EPERM && at) ? -EINVAL : r;
}

int64_t sys_shmat(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    const int flags = (int)arg[2];
    const unsigned access = 0444u | (flags & SHM_RDONLY ? 0 : 0222u) | (flags & SHM_EXEC ? 0111u : 0);
    struct mem_object *object;
    uint64_t at, size;
    if ((int32_t)arg[0] < 0) return -EINVAL;
    int err = place(arg[1], flags, &at);
    if (!err) err = shm_segment_open(&caller, (int32_t)arg[0], access, &object, &size);
    if (err) return err;
    const int64_t r = attach(task, object, size, at, flags);
    mem_object_put(object);
    if (r >= 0) shm_note_attach(&caller, (int32_t)arg[0]);
    return r;
}

int64_t sys_shmdt(struct task *task, const uint64_t arg[6]) {
    return space_unmap_owned(task_space(task), arg[0]);
}

static int64_t stat(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_stat(caller, id, cmd, &data->shm);
}

static int64_t limits(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_limits(caller, &data->shm_limits);
}

static int64_t usage(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_usage(caller, &data->shm_info);
}

static int64_t set(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_set(caller, id, &data->shm);
}

static int64_t drop(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_remove(caller, id);
}

static int64_t lock(const struct ipc_caller *caller, int32_t id, int cmd, union ipc_data *data) {
    return shm_lock(caller, id, cmd == SHM_LOCK);
}

int64_t sys_shmctl(struct task *task, const uint64_t arg[6]) {
    enum { DS = sizeof(struct linux_shmid_ds), LIMITS = sizeof(struct linux_shminfo), USAGE = sizeof(struct linux_shm_info) };
    static const struct ipc_command commands[] = {
        {IPC_RMID, 0, 0, drop},      {IPC_SET, DS, 0, set},         {IPC_STAT, 0, DS, stat},     {SHM_STAT, 0, DS, stat},
        {SHM_STAT_ANY, 0, DS, stat}, {IPC_INFO, 0, LIMITS, limits}, {SHM_INFO, 0, USAGE, usage}, {SHM_LOCK, 0, 0, lock},
        {SHM_UNLOCK, 0, 0, lock},
    };
    return ipc_control(task, commands, ARRAY_LEN(commands), (int32_t)arg[0], (int32_t)arg[1], arg[2]);
}
