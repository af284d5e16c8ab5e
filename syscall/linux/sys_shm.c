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

static int64_t stat(struct task *task, const struct ipc_caller *caller, const uint64_t arg[6], int cmd) {
    struct linux_shmid_ds ds;
    const int64_t r = shm_stat(caller, (int32_t)arg[0], cmd, &ds);
    return r < 0 || copy_to_guest(task, arg[2], &ds, sizeof ds) == 0 ? r : -EFAULT;
}

static int64_t limits(struct task *task, const struct ipc_caller *caller, uint64_t gva) {
    struct linux_shminfo info;
    const int64_t r = shm_limits(caller, &info);
    return copy_to_guest(task, gva, &info, sizeof info) ? -EFAULT : r;
}

static int64_t usage(struct task *task, const struct ipc_caller *caller, uint64_t gva) {
    struct linux_shm_info info;
    const int64_t r = shm_usage(caller, &info);
    return copy_to_guest(task, gva, &info, sizeof info) ? -EFAULT : r;
}

static int64_t set(struct task *task, const struct ipc_caller *caller, const uint64_t arg[6]) {
    struct linux_shmid_ds ds;
    if (copy_from_guest(task, &ds, arg[2], sizeof ds)) return -EFAULT;
    return shm_set(caller, (int32_t)arg[0], &ds);
}

int64_t sys_shmctl(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    const int32_t id = (int32_t)arg[0], cmd = (int32_t)arg[1];
    if (id < 0 || cmd < 0) return -EINVAL;
    switch (cmd) {
        case IPC_RMID: return shm_remove(&caller, id);
        case IPC_SET: return set(task, &caller, arg);
        case IPC_STAT:
        case SHM_STAT:
        case SHM_STAT_ANY: return stat(task, &caller, arg, cmd);
        case IPC_INFO: return limits(task, &caller, arg[2]);
        case SHM_INFO: return usage(task, &caller, arg[2]);
        case SHM_LOCK:
        case SHM_UNLOCK: return shm_lock(&caller, id, cmd == SHM_LOCK);
        default: return -EINVAL;
    }
}
