/* SPDX-License-Identifier: ISC */
/* Memory policies on a machine with one node: arguments are checked as everywhere, a thread's policy is kept and read back, and all
 * memory is on node 0 whatever it says. Policies of ranges (mbind) are not kept. */
#include "base/bits.h"
#include "syscall/linux/abi/mempolicy.h"
#include "syscall/linux/call.h"

enum { NODES_MAX = 1024, WORDS_MAX = NODES_MAX / 64, MODE_FLAGS = MPOL_F_NUMA_BALANCING | MPOL_F_RELATIVE_NODES | MPOL_F_STATIC_NODES };

struct node_mask {
    bool empty, has_node_0;
};

/* maxnode counts one more than there are bits. Nodes that no kernel knows are -EINVAL. */
static int fetch_mask(struct task *task, uint64_t gva, uint64_t maxnode, struct node_mask *mask) {
    *mask = (struct node_mask){.empty = true};
    const uint64_t bits = maxnode - 1;
    if (!gva || maxnode <= 1) return 0;
    if (bits > GUEST_PAGE_SIZE * 8) return -EINVAL;
    for (uint64_t i = 0; i * 64 < bits; i++) {
        uint64_t word;
        if (copy_from_guest(task, &word, gva + i * 8, sizeof word)) return -EFAULT;
        if (bits - i * 64 < 64) word &= (1ull << (bits - i * 64)) - 1;
        if (word && i >= WORDS_MAX) return -EINVAL;
        if (word) mask->empty = false;
        if (i == 0) mask->has_node_0 = word & 1;
    }
    return 0;
}

static int check_policy(int mode, const struct node_mask *mask) {
    const int plain = mode & ~MODE_FLAGS;
    if (plain < 0 || plain >= MPOL_MODES) return -EINVAL;
    if ((mode & MPOL_F_RELATIVE_NODES) && (mode & MPOL_F_STATIC_NODES)) return -EINVAL;
    if ((mode & MPOL_F_NUMA_BALANCING) && plain != MPOL_BIND) return -EINVAL;
    if (plain == MPOL_DEFAULT || plain == MPOL_LOCAL) return mask->empty && !(mode & MODE_FLAGS) ? 0 : -EINVAL;
    if (mask->empty) return plain == MPOL_PREFERRED && !(mode & MODE_FLAGS) ? 0 : -EINVAL;
    return mask->has_node_0 || (mode & MPOL_F_RELATIVE_NODES) ? 0 : -EINVAL;
}

int64_t sys_set_mempolicy(struct task *task, const uint64_t arg[6]) {
    struct node_mask mask;
    int err = fetch_mask(task, arg[1], arg[2], &mask);
    if (!err) err = check_policy((int)arg[0], &mask);
    if (err) return err;
    const bool local = (int)arg[0] == MPOL_PREFERRED && mask.empty;
    task->memory_policy = local ? MPOL_LOCAL : (int)arg[0];
    task->memory_policy_has_node = !mask.empty;
    return 0;
}

static int store_mask(struct task *task, uint64_t gva, uint64_t maxnode, bool node_0) {
    for (uint64_t i = 0; i * 64 < maxnode - 1; i++) {
        const uint64_t word = i == 0 && node_0;
        if (copy_to_guest(task, gva + i * 8, &word, sizeof word)) return -EFAULT;
    }
    return 0;
}

static bool is_mapped(struct task *task, uint64_t gva) {
    uint8_t resident;
    return gva < SPACE_END && space_resident(task_space(task), gva & ~(uint64_t)(GUEST_PAGE_SIZE - 1), 1, &resident) == 0;
}

/* What *mode is to say. */
static int ask(struct task *task, uint64_t gva, unsigned flags, int *mode, bool *node_0) {
    *mode = 0;
    *node_0 = true;
    if (flags & MPOL_F_MEMS_ALLOWED) return flags == MPOL_F_MEMS_ALLOWED ? 0 : -EINVAL;
    if (flags & MPOL_F_ADDR) {
        if (!is_mapped(task, gva)) return -EFAULT;
        *node_0 = false;
        return 0;
    }
    if (gva) return -EINVAL;
    if (flags & MPOL_F_NODE) return (task->memory_policy & ~MODE_FLAGS) == MPOL_INTERLEAVE ? 0 : -EINVAL;
    *mode = task->memory_policy;
    *node_0 = task->memory_policy_has_node;
    return 0;
}

int64_t sys_get_mempolicy(struct task *task, const uint64_t arg[6]) {
    const unsigned flags = (unsigned)arg[4];
    int mode;
    bool node_0;
    if (flags & ~(unsigned)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) return -EINVAL;
    if (arg[1] && (arg[2] < 1 || arg[2] > GUEST_PAGE_SIZE * 8)) return -EINVAL;
    const int err = ask(task, arg[3], flags, &mode, &node_0);
    if (err) return err;
    if (arg[0] && copy_to_guest(task, arg[0], &mode, sizeof mode)) return -EFAULT;
    return arg[1] ? store_mask(task, arg[1], arg[2], node_0) : 0;
}

int64_t sys_mbind(struct task *task, const uint64_t arg[6]) {
    const unsigned flags = (unsigned)arg[5];
    struct node_mask mask;
    int err = fetch_mask(task, arg[3], arg[4], &mask);
    if (!err) err = (int)arg[2] & ~(MODE_FLAGS | 7) ? -EINVAL : 0;
    if (err) return err;
    if (flags & ~(unsigned)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) return -EINVAL;
    if ((flags & MPOL_MF_MOVE_ALL) && !cred_capable(&task->cred, CAP_SYS_NICE)) return -EPERM;
    if (arg[0] & (GUEST_PAGE_SIZE - 1)) return -EINVAL;
    const uint64_t end = arg[0] + ((arg[1] + GUEST_PAGE_SIZE - 1) & ~(uint64_t)(GUEST_PAGE_SIZE - 1));
    if (end < arg[0]) return -EINVAL;
    err = check_policy((int)arg[2], &mask);
    if (err || end == arg[0]) return err;
    return is_mapped(task, arg[0]) && is_mapped(task, end - 1) ? 0 : -EFAULT;
}

int64_t sys_set_mempolicy_home_node(struct task *task, const uint64_t arg[6]) {
    if (arg[3] || arg[2] != 0 || (arg[0] & (GUEST_PAGE_SIZE - 1))) return -EINVAL;
    return arg[0] + arg[1] < arg[0] ? -EINVAL : 0;
}

/* Who may be asked: oneself, or a process that exists. */
static int check_pid(struct task *task, int pid) {
    struct task *other = pid ? task_find(task->kernel, pid) : task_get(task);
    task_put(other);
    return other ? 0 : -ESRCH;
}

int64_t sys_migrate_pages(struct task *task, const uint64_t arg[6]) {
    struct node_mask old, new;
    int err = fetch_mask(task, arg[2], arg[1], &old);
    if (!err) err = fetch_mask(task, arg[3], arg[1], &new);
    if (!err) err = check_pid(task, (int)arg[0]);
    return err ? err : new.has_node_0 ? 0 : -EINVAL;
}

/* Where a page of the caller is: on node 0, or the error that its status gets. */
static int32_t status_of(struct task *task, uint64_t gva) {
    uint8_t resident;
    if (gva >= SPACE_END || space_resident(task_space(task), gva & ~(uint64_t)(GUEST_PAGE_SIZE - 1), 1, &resident)) return -EFAULT;
    return resident & 1 ? 0 : -ENOENT;
}

int64_t sys_move_pages(struct task *task, const uint64_t arg[6]) {
    const unsigned flags = (unsigned)arg[5];
    if (flags & ~(unsigned)(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) return -EINVAL;
    if ((flags & MPOL_MF_MOVE_ALL) && !cred_capable(&task->cred, CAP_SYS_NICE)) return -EPERM;
    const int err = check_pid(task, (int)arg[0]);
    if (err) return err;
    if ((int)arg[0] && (int)arg[0] != task->process->pid) return -EPERM;
    for (uint64_t i = 0; i < arg[1]; i++) {
        uint64_t page;
        int32_t node = 0;
        if (task_interrupted(task)) return -EINTR;
        if (copy_from_guest(task, &page, arg[2] + i * 8, sizeof page)) return -EFAULT;
        if (arg[3] && copy_from_guest(task, &node, arg[3] + i * 4, sizeof node)) return -EFAULT;
        if (node) return -ENODEV;
        const int32_t status = status_of(task, page);
        if (copy_to_guest(task, arg[4] + i * 4, &status, sizeof status)) return -EFAULT;
    }
    return 0;
}
