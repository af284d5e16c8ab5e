/* SPDX-License-Identifier: ISC */
/* What the processes of one machine share by key or name: System V shared memory, semaphores and message queues, POSIX message
 * queues. One per machine, owned by its kernel; nothing of the host's own IPC is seen. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ipc;
struct sched_thread;
struct scheduler;

/* Who asks. Values of one call; what it points at is borrowed for the call. */
struct ipc_caller {
    struct ipc *ipc;
    struct sched_thread *self;
    int pid;
    uint32_t uid, gid;       /* effective */
    const uint32_t *groups;
    uint32_t n_groups;
    bool is_owner;           /* CAP_IPC_OWNER: permissions do not count */
    bool is_admin;           /* CAP_SYS_ADMIN: may change and remove what others own */
    bool has_resource;       /* CAP_SYS_RESOURCE: may pass limits */
    bool may_lock;           /* CAP_IPC_LOCK, or RLIMIT_MEMLOCK is not 0 */
};

/* scheduler: whose clock it uses; borrowed. */
struct ipc *ipc_new(const struct scheduler *scheduler);
/* Nobody may use it any more; what is left in it goes. */
void ipc_free(struct ipc *ipc);
