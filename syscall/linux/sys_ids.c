/* SPDX-License-Identifier: ISC */
/* User and group ids. -1 in an argument means "as it is". Source: credentials(7), setresuid(2), capabilities(7). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/task.h"

#define KEEP UINT32_MAX

/* Real, effective, saved and file-system id of either kind. */
struct ids {
    uint32_t r, e, s, fs;
};

static struct ids uids(const struct cred *c) {
    return (struct ids){c->uid, c->euid, c->suid, c->fsuid};
}

static struct ids gids(const struct cred *c) {
    return (struct ids){c->gid, c->egid, c->sgid, c->fsgid};
}

/* Capabilities follow the move of the user ids from or to 0. */
static void fix_capabilities(struct cred *cred, const struct ids *old, const struct ids *new) {
    const bool had_root = !old->r || !old->e || !old->s, has_root = !new->r || !new->e || !new->s;
    if (cred->securebits & SECBIT_NO_SETUID_FIXUP) return;
    if (had_root && !has_root) {
        if (!cred->keep_caps) cred->cap_permitted = cred->cap_effective = 0;
        cred->cap_ambient = 0;
    }
    if (!old->e && new->e) cred->cap_effective = 0;
    if (old->e && !new->e) cred->cap_effective = cred->cap_permitted;
}

static void set_uids(struct task *task, const struct ids *new) {
    struct cred *cred = &task->cred;
    const struct ids old = uids(cred);
    host_mutex_lock(&task->lock);
    fix_capabilities(cred, &old, new);
    cred->uid = new->r;
    cred->euid = new->e;
    cred->suid = new->s;
    cred->fsuid = new->fs;
    host_mutex_unlock(&task->lock);
}

static void set_gids(struct task *task, const struct ids *new) {
    struct cred *cred = &task->cred;
    host_mutex_lock(&task->lock);
    cred->gid = new->r;
    cred->egid = new->e;
    cred->sgid = new->s;
    cred->fsgid = new->fs;
    host_mutex_unlock(&task->lock);
}

static bool is_one_of(uint32_t id, const struct ids *ids) {
    return id == KEEP || id == ids->r || id == ids->e || id == ids->s;
}

/* The three rules; each changes *ids and returns 0 or -EPERM. */
static int change_one(struct ids *ids, bool privileged, uint32_t id) {
    if (id == KEEP) return -EINVAL;
    if (!privileged && id != ids->r && id != ids->s) return -EPERM;
    if (privileged) ids->r = ids->s = id;
    ids->e = ids->fs = id;
    return 0;
}

static int change_two(struct ids *ids, bool privileged, uint32_t r, uint32_t e) {
    const struct ids old = *ids;
    if (!privileged && r != KEEP && r != old.r && r != old.e) return -EPERM;
    if (!privileged && !is_one_of(e, &old)) return -EPERM;
    if (r != KEEP) ids->r = r;
    if (e != KEEP) ids->e = e;
    if (r != KEEP || (e != KEEP && e != old.r)) ids->s = ids->e;
    ids->fs = ids->e;
    return 0;
}

static int change_three(struct ids *ids, bool privileged, uint32_t r, uint32_t e, uint32_t s) {
    if (!privileged && !(is_one_of(r, ids) && is_one_of(e, ids) && is_one_of(s, ids))) return -EPERM;
    if (r != KEEP) ids->r = r;
    if (e != KEEP) ids->e = e;
    if (s != KEEP) ids->s = s;
    ids->fs = ids->e;
    return 0;
}

int64_t sys_getuid(struct task *task, const uint64_t args[6]) {
    return task->cred.uid;
}

int64_t sys_geteuid(struct task *task, const uint64_t args[6]) {
    return task->cred.euid;
}

int64_t sys_getgid(struct task *task, const uint64_t args[6]) {
    return task->cred.gid;
}

int64_t sys_getegid(struct task *task, const uint64_t args[6]) {
    return task->cred.egid;
}

int64_t sys_setuid(struct task *task, const uint64_t args[6]) {
    struct ids ids = uids(&task->cred);
    const int r = change_one(&ids, cred_capable(&task->cred, CAP_SETUID), (uint32_t)args[0]);
    if (r == 0) set_uids(task, &ids);
    return r;
}

int64_t sys_setgid(struct task *task, const uint64_t args[6]) {
    struct ids ids = gids(&task->cred);
    const int r = change_one(&ids, cred_capable(&task->cred, CAP_SETGID), (uint32_t)args[0]);
    if (r == 0) set_gids(task, &ids);
    return r;
}

int64_t sys_setreuid(struct task *task, const uint64_t args[6]) {
    struct ids ids = uids(&task->cred);
    const int r = change_two(&ids, cred_capable(&task->cred, CAP_SETUID), (uint32_t)args[0], (uint32_t)args[1]);
    if (r == 0) set_uids(task, &ids);
    return r;
}

int64_t sys_setregid(struct task *task, const uint64_t args[6]) {
    struct ids ids = gids(&task->cred);
    const int r = change_two(&ids, cred_capable(&task->cred, CAP_SETGID), (uint32_t)args[0], (uint32_t)args[1]);
    if (r == 0) set_gids(task, &ids);
    return r;
}

int64_t sys_setresuid(struct task *task, const uint64_t args[6]) {
    struct ids ids = uids(&task->cred);
    const int r = change_three(&ids, cred_capable(&task->cred, CAP_SETUID), (uint32_t)args[0], (uint32_t)args[1],
                               (uint32_t)args[2]);
    if (r == 0) set_uids(task, &ids);
    return r;
}

int64_t sys_setresgid(struct task *task, const uint64_t args[6]) {
    struct ids ids = gids(&task->cred);
    const int r = change_three(&ids, cred_capable(&task->cred, CAP_SETGID), (uint32_t)args[0], (uint32_t)args[1],
                               (uint32_t)args[2]);
    if (r == 0) set_gids(task, &ids);
    return r;
}

static int store_three(struct task *task, const uint64_t args[6], const struct ids *ids) {
    if (copy_to_guest(task, args[0], &ids->r, sizeof ids->r) < 0) return -EFAULT;
    if (copy_to_guest(task, args[1], &ids->e, sizeof ids->e) < 0) return -EFAULT;
    return copy_to_guest(task, args[2], &ids->s, sizeof ids->s);
}

int64_t sys_getresuid(struct task *task, const uint64_t args[6]) {
    const struct ids ids = uids(&task->cred);
    return store_three(task, args, &ids);
}

int64_t sys_getresgid(struct task *task, const uint64_t args[6]) {
    const struct ids ids = gids(&task->cred);
    return store_three(task, args, &ids);
}

/* CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_LINUX_IMMUTABLE, CAP_MKNOD, CAP_MAC_OVERRIDE. */
#define FILE_CAPABILITIES (0x1full | 1ull << 9 | 1ull << 27 | 1ull << 32)

/* What root may do with files follows the file system id. */
static void fix_file_capabilities(struct task *task, uint32_t old, uint32_t new) {
    struct cred *cred = &task->cred;
    host_mutex_lock(&task->lock);
    if (!(cred->securebits & SECBIT_NO_SETUID_FIXUP)) {
        if (!old && new) cred->cap_effective &= ~FILE_CAPABILITIES;
        if (old && !new) cred->cap_effective |= cred->cap_permitted & FILE_CAPABILITIES;
    }
    host_mutex_unlock(&task->lock);
}

/* These two return the old id and change it only if they may; there is no error. */
int64_t sys_setfsuid(struct task *task, const uint64_t args[6]) {
    struct ids ids = uids(&task->cred);
    const uint32_t id = (uint32_t)args[0], old = ids.fs;
    if (id == KEEP || !(is_one_of(id, &ids) || id == ids.fs || cred_capable(&task->cred, CAP_SETUID))) return old;
    ids.fs = id;
    set_uids(task, &ids);
    fix_file_capabilities(task, old, id);
    return old;
}

int64_t sys_setfsgid(struct task *task, const uint64_t args[6]) {
    struct ids ids = gids(&task->cred);
    const uint32_t id = (uint32_t)args[0], old = ids.fs;
    if (id == KEEP || !(is_one_of(id, &ids) || id == ids.fs || cred_capable(&task->cred, CAP_SETGID))) return old;
    ids.fs = id;
    set_gids(task, &ids);
    return old;
}

int64_t sys_getgroups(struct task *task, const uint64_t args[6]) {
    const struct cred *cred = &task->cred;
    const int size = (int)args[0];
    if (size < 0) return -EINVAL;
    if (size == 0) return cred->n_groups;
    if ((uint32_t)size < cred->n_groups) return -EINVAL;
    const int r = copy_to_guest(task, args[1], cred->groups, cred->n_groups * sizeof cred->groups[0]);
    return r < 0 ? r : (int64_t)cred->n_groups;
}

int64_t sys_setgroups(struct task *task, const uint64_t args[6]) {
    uint32_t groups[CRED_MAX_GROUPS];
    const uint64_t n = args[0];
    if (!cred_capable(&task->cred, CAP_SETGID)) return -EPERM;
    if (n > CRED_MAX_GROUPS) return -EINVAL;
    if (copy_from_guest(task, groups, args[1], n * sizeof groups[0]) < 0) return -EFAULT;
    host_mutex_lock(&task->lock);
    for (uint64_t i = 0; i < n; i++) task->cred.groups[i] = groups[i];
    task->cred.n_groups = (uint32_t)n;
    host_mutex_unlock(&task->lock);
    return 0;
}
