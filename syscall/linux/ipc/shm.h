/* SPDX-License-Identifier: ISC */
/* System V shared memory: segments by id. Attaching is a mapping of the segment's memory object, so fork, exec, exit, munmap and
 * mremap need no help; the object tells the segment when mappings go. Source: shmget(2), shmop(2), shmctl(2). */
#pragma once

#include "syscall/linux/abi/ipc.h"
#include "syscall/linux/ipc/ipc.h"

#include <stddef.h>

struct mem_object;
struct text;

enum { SHMMNI = 4096, SHMMIN = 1 };
#define SHMMAX (UINT64_MAX - (1ull << 24))
#define SHMALL (UINT64_MAX - (1ull << 24))

int64_t shm_get(const struct ipc_caller *caller, int32_t key, uint64_t size, int flags);
/* What to map for shmat: its object (counted, the caller's) and size. access: 0444, 0222, 0111 as wanted. */
int shm_segment_open(const struct ipc_caller *caller, int32_t id, unsigned access, struct mem_object **object, uint64_t *size);
/* A mapping of it was made or taken away by the caller. */
void shm_note_attach(const struct ipc_caller *caller, int32_t id);
int shm_remove(const struct ipc_caller *caller, int32_t id);
int shm_set(const struct ipc_caller *caller, int32_t id, const struct linux_shmid_ds *ds);
int shm_lock(const struct ipc_caller *caller, int32_t id, bool lock);
/* cmd: IPC_STAT, SHM_STAT, SHM_STAT_ANY. Returns 0 or (SHM_STAT) the id, or -E. */
int64_t shm_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_shmid_ds *out);
/* Both return the highest index in use. */
int64_t shm_limits(const struct ipc_caller *caller, struct linux_shminfo *out);
int64_t shm_usage(const struct ipc_caller *caller, struct linux_shm_info *out);
/* The machine ends, and no space is left: gives back the memory of what nobody removed. */
void shm_end(struct ipc *ipc);
/* /proc/sysvipc/shm */
void shm_show(struct ipc *ipc, struct text *text);
