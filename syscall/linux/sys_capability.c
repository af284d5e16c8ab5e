/* SPDX-License-Identifier: ISC */
/* capget and capset over the task's real sets. Source: capget(2). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/task.h"

#define CAPABILITY_VERSION_1 0x19980330u
#define CAPABILITY_VERSION_2 0x20071026u
#define CAPABILITY_VERSION_3 0x20080522u

struct cap_header {
    uint32_t version;
    int32_t pid;
};

/* [0]: capabilities 0-31, [1]: 32-63 (not in version 1). */
struct cap_data {
    uint32_t effective, permitted, inheritable;
};

/* Returns how many cap_data follow, or -EINVAL with the version we like stored in the header. */
static int read_header(struct task *task, uint64_t gva, struct cap_header *header) {
    const uint32_t preferred = CAPABILITY_VERSION_3;
    if (copy_from_guest(task, header, gva, sizeof *header) < 0) return -EFAULT;
    if (header->version == CAPABILITY_VERSION_1) return 1;
    if (header->version == CAPABILITY_VERSION_2 || header->version == CAPABILITY_VERSION_3) return 2;
    return copy_to_guest(task, gva, &preferred, sizeof preferred) < 0 ? -EFAULT : -EINVAL;
}

static int read_cred(struct task *task, int pid, struct cred *cred) {
    if (pid < 0) return -EINVAL;
    struct task *other = pid ? task_find(task->kernel, pid) : task_get(task);
    if (!other) return -ESRCH;
    host_mutex_lock(&other->lock);
    *cred = other->cred;
    host_mutex_unlock(&other->lock);
    task_put(other);
    return 0;
}

int64_t sys_capget(struct task *task, const uint64_t args[6]) {
    struct cap_header header;
    struct cred cred;
    const int n = read_header(task, args[0], &header);
    if (n < 0) return n == -EINVAL && !args[1] ? 0 : n; /* asking only for the version */
    const int r = read_cred(task, header.pid, &cred);
    if (r < 0 || !args[1]) return r;
    const struct cap_data data[2] = {
        {(uint32_t)cred.cap_effective, (uint32_t)cred.cap_permitted, (uint32_t)cred.cap_inheritable},
        {(uint32_t)(cred.cap_effective >> 32), (uint32_t)(cred.cap_permitted >> 32),
         (uint32_t)(cred.cap_inheritable >> 32)}};
    return copy_to_guest(task, args[1], data, (size_t)n * sizeof data[0]);
}

int64_t sys_capset(struct task *task, const uint64_t args[6]) {
    struct cap_header header;
    struct cap_data data[2] = {{0, 0, 0}, {0, 0, 0}};
    struct cred *cred = &task->cred;
    const int n = read_header(task, args[0], &header);
    if (n < 0) return n;
    if (header.pid && header.pid != task_tid(task)) return -EPERM;
    if (copy_from_guest(task, data, args[1], (size_t)n * sizeof data[0]) < 0) return -EFAULT;
    const uint64_t effective = (data[0].effective | (uint64_t)data[1].effective << 32) & CRED_CAP_ALL;
    const uint64_t permitted = (data[0].permitted | (uint64_t)data[1].permitted << 32) & CRED_CAP_ALL;
    const uint64_t inheritable = (data[0].inheritable | (uint64_t)data[1].inheritable << 32) & CRED_CAP_ALL;
    if (permitted & ~cred->cap_permitted || effective & ~permitted) return -EPERM;
    if (inheritable & ~(cred->cap_inheritable | cred->cap_permitted) && !cred_capable(cred, CAP_SETPCAP)) return -EPERM;
    if (inheritable & ~(cred->cap_inheritable | cred->cap_bounding)) return -EPERM;
    host_mutex_lock(&task->lock);
    cred->cap_effective = effective;
    cred->cap_permitted = permitted;
    cred->cap_inheritable = inheritable;
    cred->cap_ambient &= permitted & inheritable;
    host_mutex_unlock(&task->lock);
    return 0;
}
