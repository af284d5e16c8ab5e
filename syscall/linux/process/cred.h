/* SPDX-License-Identifier: ISC */
/* Who a task is: user and group ids, groups, capabilities. A plain value, copied by clone.
 * Written by its own task only, under task->lock; read by the owner freely, by others under the lock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CRED_MAX_GROUPS 64

struct cred {
    uint32_t uid, euid, suid, fsuid;
    uint32_t gid, egid, sgid, fsgid;
    uint32_t n_groups;
    uint32_t groups[CRED_MAX_GROUPS];
    uint64_t cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
    uint32_t securebits;
    bool keep_caps, no_new_privs;
};

/* prctl(PR_SET_SECUREBITS); the bit above each locks it. keep_caps is SECBIT_KEEP_CAPS. */
enum cred_securebits {
    SECBIT_NOROOT = 1, SECBIT_NO_SETUID_FIXUP = 4, SECBIT_KEEP_CAPS = 0x10, SECBIT_KEEP_CAPS_LOCKED = 0x20,
    SECBIT_NO_CAP_AMBIENT_RAISE = 0x40, SECBIT_ALL = 0x55, SECBIT_ALL_LOCKS = 0xaa,
};

/* All capabilities that Linux 6.1 has, as bits 0..40. */
#define CRED_CAP_ALL ((1ull << 41) - 1)
enum cred_cap { CAP_CHOWN = 0, CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_IPC_LOCK = 14,
                CAP_IPC_OWNER = 15, CAP_SYS_PTRACE = 19, CAP_SYS_NICE = 23,
                CAP_SYS_RESOURCE = 24, CAP_SYS_TIME = 25, CAP_SYS_ADMIN = 21 };

void cred_init(struct cred *cred, uint32_t uid, uint32_t gid);
bool cred_capable(const struct cred *cred, enum cred_cap cap);
/* A program without file capabilities is executed: capabilities(7), "Transformation of capabilities during execve()". */
void cred_exec(struct cred *cred);
bool cred_in_group(const struct cred *cred, uint32_t gid);
