/* SPDX-License-Identifier: ISC */
/* Memory calls: mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), msync(2), mincore(2), brk(2), pkeys(7). What
 * they do is in mmu/; here arguments are checked and descriptors become objects. */
#include "mmu/object.h"
#include "mmu/space.h"
#include "syscall/linux/abi/mman.h"
#include "syscall/linux/call.h"

#define READ_IMPLIES_EXEC 0x0400000u /* personality(2) */
#define KNOWN_MAP_FLAGS                                                                                        \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE |       \
     MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_FIXED_NOREPLACE)

static int effective_prot(struct task *task, int prot) {
    host_mutex_lock(&task->process->lock);
    const bool exec = (prot & PROT_READ) && (task->process->personality & READ_IMPLIES_EXEC);
    host_mutex_unlock(&task->process->lock);
    return (prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) | (exec ? PROT_EXEC : 0);
}

static int check_flags(int flags) {
    const int type = flags & MAP_TYPE;
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE) return -EINVAL;
    if (type == MAP_SHARED_VALIDATE && (flags & ~KNOWN_MAP_FLAGS)) return -EOPNOTSUPP;
    if (flags & MAP_HUGETLB) return flags & MAP_ANONYMOUS ? -ENOMEM : -EINVAL; /* no huge pages are reserved */
    return 0;
}

/* What RLIMIT_MEMLOCK says to `more` locked bytes. Returns 0, -EPERM when nothing may be locked, or `full`. */
static int may_lock(struct task *task, uint64_t more, int full) {
    struct space_usage usage;
    if (cred_capable(&task->cred, CAP_IPC_LOCK)) return 0;
    const uint64_t limit = process_limit(task->process, RLIMIT_MEMLOCK);
    if (limit == RLIM_INFINITY) return 0;
    if (limit == 0) return -EPERM;
    space_get_usage(task_space(task), &usage);
    return usage.locked > limit || more > limit - usage.locked ? full : 0;
}

static int object_of(struct file *file, int prot, int flags, struct mem_object **object) {
    int err = 0;
    const bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    if (!file_readable(file) || (shared && (prot & PROT_WRITE) && !file_writable(file))) err = -EACCES;
    if (!err) *object = file_mem_object(file, shared && file_writable(file), &err);
    return *object ? 0 : err;
}

static int64_t map(struct task *task, const uint64_t arg[6], struct file *file) {
    const int flags = (int)arg[3], prot = effective_prot(task, (int)arg[2]);
    struct mem_object *object = NULL;
    int err = arg[1] ? check_flags(flags) : -EINVAL;
    if (!err && (flags & MAP_LOCKED)) err = may_lock(task, arg[1], -EAGAIN);
    if (!err && file) err = object_of(file, prot, flags, &object);
    if (err) return err;
    const int64_t at = space_map(task_space(task), arg[0], arg[1], prot, flags & KNOWN_MAP_FLAGS, object, arg[5]);
    mem_object_put(object);
    return at;
}

int64_t sys_mmap(struct task *task, const uint64_t arg[6]) {
    struct file *file = NULL;
    if (!is_aligned(arg[5], GUEST_PAGE_SIZE)) return -EINVAL;
    if (!((int)arg[3] & MAP_ANONYMOUS)) {
        file = call_open_file(task, arg[4]);
        if (!file) return -EBADF;
    }
    const int64_t at = map(task, arg, file);
    if (file) file_put(file);
    return at;
}

int64_t sys_munmap(struct task *task, const uint64_t arg[6]) {
    return space_unmap(task_space(task), arg[0], arg[1]);
}

int64_t sys_mprotect(struct task *task, const uint64_t arg[6]) {
    const int prot = (int)arg[2];
    if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP)) return -EINVAL;
    if (prot & PROT_GROWSUP) return -EINVAL; /* no region of x86-64 grows upwards */
    return space_protect(task_space(task), arg[0], arg[1], effective_prot(task, prot) | (prot & PROT_GROWSDOWN));
}

int64_t sys_pkey_mprotect(struct task *task, const uint64_t arg[6]) {
    return (int)arg[3] == -1 ? sys_mprotect(task, arg) : -EINVAL;
}

/* The CPU has no protection keys: there is none to give. */
int64_t sys_pkey_alloc(struct task *task, const uint64_t arg[6]) {
    return arg[0] || (arg[1] & ~(uint64_t)(PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE)) ? -EINVAL : -ENOSPC;
}

int64_t sys_pkey_free(struct task *task, const uint64_t arg[6]) {
    return -EINVAL;
}

int64_t sys_mremap(struct task *task, const uint64_t arg[6]) {
    if (arg[3] >> 31) return -EINVAL;
    return space_remap(task_space(task), arg[0], arg[1], arg[2], (int)arg[3], arg[4]);
}

int64_t sys_remap_file_pages(struct task *task, const uint64_t arg[6]) {
    if (arg[2] || arg[3] > UINT64_MAX / GUEST_PAGE_SIZE) return -EINVAL;
    return space_remap_file_pages(task_space(task), arg[0], arg[1], arg[3] * GUEST_PAGE_SIZE);
}

int64_t sys_madvise(struct task *task, const uint64_t arg[6]) {
    return space_advise(task_space(task), arg[0], arg[1], (int)arg[2]);
}

int64_t sys_msync(struct task *task, const uint64_t arg[6]) {
    return space_sync(task_space(task), arg[0], arg[1], (int)arg[2]);
}

int64_t sys_mincore(struct task *task, const uint64_t arg[6]) {
    uint8_t resident[1024];
    if (!is_aligned(arg[0], GUEST_PAGE_SIZE)) return -EINVAL;
    if (arg[1] > SPACE_END || arg[0] > SPACE_END - arg[1]) return -ENOMEM;
    const uint64_t n_pages = align_up(arg[1], GUEST_PAGE_SIZE) / GUEST_PAGE_SIZE;
    for (uint64_t done = 0; done < n_pages;) {
        const uint64_t part = n_pages - done < sizeof resident ? n_pages - done : sizeof resident;
        const uint64_t from = arg[0] + done * GUEST_PAGE_SIZE;
        const int err = space_resident(task_space(task), from, part * GUEST_PAGE_SIZE, resident);
        if (err) return err;
        if (copy_to_guest(task, arg[2] + done, resident, part)) return -EFAULT;
        done += part;
    }
    return 0;
}

static int64_t lock_range(struct task *task, uint64_t gva, uint64_t size, bool on_fault) {
    const int err = may_lock(task, size, -ENOMEM);
    return err ? err : space_lock(task_space(task), gva, size, on_fault);
}

int64_t sys_mlock(struct task *task, const uint64_t arg[6]) {
    return lock_range(task, arg[0], arg[1], false);
}

int64_t sys_mlock2(struct task *task, const uint64_t arg[6]) {
    if ((int)arg[2] & ~MLOCK_ONFAULT) return -EINVAL;
    return lock_range(task, arg[0], arg[1], (int)arg[2] & MLOCK_ONFAULT);
}

int64_t sys_munlock(struct task *task, const uint64_t arg[6]) {
    return space_unlock(task_space(task), arg[0], arg[1]);
}

int64_t sys_mlockall(struct task *task, const uint64_t arg[6]) {
    const int flags = (int)arg[0];
    struct space_usage usage;
    if (!(flags & (MCL_CURRENT | MCL_FUTURE)) || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))) return -EINVAL;
    space_get_usage(task_space(task), &usage);
    const int err = may_lock(task, flags & MCL_CURRENT ? usage.mapped - usage.locked : 0, -ENOMEM);
    if (err) return err;
    return space_lock_all(task_space(task), flags & MCL_CURRENT, flags & MCL_FUTURE, flags & MCL_ONFAULT);
}

int64_t sys_munlockall(struct task *task, const uint64_t arg[6]) {
    return space_unlock_all(task_space(task));
}

int64_t sys_brk(struct task *task, const uint64_t arg[6]) {
    return (int64_t)space_brk(task_space(task), arg[0]);
}
