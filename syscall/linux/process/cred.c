/* SPDX-License-Identifier: ISC */
/* Credentials: the first process's, capability and group tests. Source: credentials(7), capabilities(7). */
#include "syscall/linux/process/cred.h"

#include <string.h>

void cred_init(struct cred *cred, uint32_t uid, uint32_t gid) {
    memset(cred, 0, sizeof *cred);
    cred->uid = cred->euid = cred->suid = cred->fsuid = uid;
    cred->gid = cred->egid = cred->sgid = cred->fsgid = gid;
    cred->cap_bounding = CRED_CAP_ALL;
    if (uid == 0) cred->cap_permitted = cred->cap_effective = CRED_CAP_ALL;
}

bool cred_capable(const struct cred *cred, enum cred_cap cap) {
    return (cred->cap_effective >> cap) & 1;
}

void cred_exec(struct cred *cred) {
    const bool root = !(cred->securebits & SECBIT_NOROOT) && (cred->uid == 0 || cred->euid == 0);
    cred->keep_caps = false;
    cred->suid = cred->fsuid = cred->euid;
    cred->sgid = cred->fsgid = cred->egid;
    cred->cap_permitted = (root ? cred->cap_bounding | cred->cap_inheritable : 0) | cred->cap_ambient;
    cred->cap_effective = root && cred->euid == 0 ? cred->cap_permitted : cred->cap_ambient;
}

bool cred_in_group(const struct cred *cred, uint32_t gid) {
    if (cred->fsgid == gid) return true;
    for (uint32_t i = 0; i < cred->n_groups; i++) {
        if (cred->groups[i] == gid) return true;
    }
    return false;
}
