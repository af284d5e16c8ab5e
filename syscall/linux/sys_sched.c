/* SPDX-License-Identifier: ISC */
/* Scheduling attributes. The host schedules; what a guest sets is kept, checked and read back, and affinity also says
 * how many processors the guest counts. Source: sched(7). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/membarrier.h"

#include "cpu/cpu.h"
#include "host/thread.h"
#include "syscall/linux/abi/prctl.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/pids.h"

#include <string.h>

enum sched_policy {
    POLICY_OTHER, POLICY_FIFO, POLICY_RR, POLICY_BATCH, POLICY_IDLE = 5, POLICY_DEADLINE, POLICY_RESET_ON_FORK = 0x40000000,
};
enum { PRIORITY_MAX = 99, NICE_MIN = -20, NICE_MAX = 19, CPU_BYTES = 128, RR_INTERVAL_NS = 100000000 };

int64_t sys_sched_yield(struct task *task, const uint64_t args[6]) {
    sched_yield_turn(&task->sched);
    return 0;
}

/* The thread with tid, or the caller for 0; counted. NULL and *err. */
static struct task *target(struct task *task, int tid, int *err) {
    *err = tid < 0 ? -EINVAL : -ESRCH;
    if (tid < 0) return NULL;
    return tid ? task_find(task->kernel, tid) : task_get(task);
}

static bool is_realtime(int policy) {
    return policy == POLICY_FIFO || policy == POLICY_RR;
}

static int check_policy(struct task *task, int policy, int priority) {
    const int plain = policy & ~POLICY_RESET_ON_FORK;
    if (plain != POLICY_OTHER && plain != POLICY_BATCH && plain != POLICY_IDLE && !is_realtime(plain)) return -EINVAL;
    if (is_realtime(plain) ? priority < 1 || priority > PRIORITY_MAX : priority != 0) return -EINVAL;
    const bool allowed = cred_capable(&task->cred, CAP_SYS_NICE) ||
                         (uint64_t)priority <= process_limit(task->process, RLIMIT_RTPRIO);
    return allowed ? 0 : -EPERM;
}

/* policy -1 keeps it. */
static int64_t set_policy(struct task *task, int tid, int policy, uint64_t param_gva) {
    int32_t priority;
    int err;
    if (!param_gva) return -EINVAL;
    if (copy_from_guest(task, &priority, param_gva, sizeof priority) < 0) return -EFAULT;
    struct task *other = target(task, tid, &err);
    if (!other) return err;
    host_mutex_lock(&other->lock);
    if (policy < 0) policy = other->sched_policy;
    host_mutex_unlock(&other->lock);
    err = check_policy(task, policy, priority);
    host_mutex_lock(&other->lock);
    if (err == 0) {
        other->sched_policy = policy & ~POLICY_RESET_ON_FORK;
        other->sched_priority = priority;
    }
    host_mutex_unlock(&other->lock);
    task_put(other);
    return err;
}

int64_t sys_sched_setscheduler(struct task *task, const uint64_t args[6]) {
    if ((int)args[1] < 0) return -EINVAL;
    return set_policy(task, (int)args[0], (int)args[1], args[2]);
}

int64_t sys_sched_setparam(struct task *task, const uint64_t args[6]) {
    return set_policy(task, (int)args[0], -1, args[1]);
}

static int read_policy(struct task *task, int tid, int *policy, int *priority) {
    int err;
    struct task *other = target(task, tid, &err);
    if (!other) return err;
    host_mutex_lock(&other->lock);
    *policy = other->sched_policy;
    *priority = other->sched_priority;
    host_mutex_unlock(&other->lock);
    task_put(other);
    return 0;
}

int64_t sys_sched_getscheduler(struct task *task, const uint64_t args[6]) {
    int policy, priority;
    const int r = read_policy(task, (int)args[0], &policy, &priority);
    return r < 0 ? r : policy;
}

int64_t sys_sched_getparam(struct task *task, const uint64_t args[6]) {
    int policy, priority;
    if (!args[1]) return -EINVAL;
    const int r = read_policy(task, (int)args[0], &policy, &priority);
    return r < 0 ? r : copy_to_guest(task, args[1], &priority, sizeof priority);
}

int64_t sys_sched_get_priority_max(struct task *task, const uint64_t args[6]) {
    const int policy = (int)args[0];
    if (is_realtime(policy)) return PRIORITY_MAX;
    return policy == POLICY_OTHER || policy == POLICY_BATCH || policy == POLICY_IDLE || policy == POLICY_DEADLINE ? 0 : -EINVAL;
}

int64_t sys_sched_get_priority_min(struct task *task, const uint64_t args[6]) {
    const int64_t max = sys_sched_get_priority_max(task, args);
    return max > 0 ? 1 : max;
}

int64_t sys_sched_rr_get_interval(struct task *task, const uint64_t args[6]) {
    int policy, priority;
    const int r = read_policy(task, (int)args[0], &policy, &priority);
    if (r < 0) return r;
    const int64_t ns = policy == POLICY_RR ? RR_INTERVAL_NS : policy == POLICY_FIFO ? 0 : NS_PER_TICK;
    const struct guest_timespec ts = timespec_from_ns(ns);
    return copy_to_guest(task, args[1], &ts, sizeof ts);
}

struct guest_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};
_Static_assert(sizeof(struct guest_sched_attr) == 48, "SCHED_ATTR_SIZE_VER0");

int64_t sys_sched_getattr(struct task *task, const uint64_t args[6]) {
    struct guest_sched_attr attr = {.size = sizeof attr};
    int policy, priority;
    if (!args[1] || args[3] || args[2] < sizeof attr || args[2] > GUEST_PAGE_SIZE) return -EINVAL;
    const int r = read_policy(task, (int)args[0], &policy, &priority);
    if (r < 0) return r;
    attr.policy = (uint32_t)policy;
    attr.priority = (uint32_t)priority;
    attr.nice = is_realtime(policy) ? 0 : task->process->nice;
    return copy_to_guest(task, args[1], &attr, sizeof attr);
}

int64_t sys_sched_setattr(struct task *task, const uint64_t args[6]) {
    struct guest_sched_attr attr;
    int err;
    if (!args[1] || args[2]) return -EINVAL;
    if (copy_from_guest(task, &attr, args[1], sizeof attr) < 0) return -EFAULT;
    if (attr.size && attr.size < sizeof attr) return -E2BIG;
    if (attr.policy > POLICY_DEADLINE) return -EINVAL;
    err = check_policy(task, (int)attr.policy, (int)attr.priority);
    struct task *other = err < 0 ? NULL : target(task, (int)args[0], &err);
    if (!other) return err;
    host_mutex_lock(&other->lock);
    other->sched_policy = (int)attr.policy;
    other->sched_priority = (int)attr.priority;
    host_mutex_unlock(&other->lock);
    task_put(other);
    return 0;
}

static size_t mask_bytes(const struct kernel *kernel) {
    const size_t bits = (size_t)kernel->n_cpus;
    const size_t bytes = (bits + 63) / 64 * 8;
    return bytes < CPU_BYTES ? bytes : CPU_BYTES;
}

/* Only processors that exist. */
static void limit_mask(const struct kernel *kernel, uint64_t mask[16]) {
    for (int i = 0; i < 16; i++) {
        const int left = kernel->n_cpus - i * 64;
        mask[i] &= left <= 0 ? 0 : left >= 64 ? ~0ull : (1ull << left) - 1;
    }
}

int64_t sys_sched_getaffinity(struct task *task, const uint64_t args[6]) {
    const size_t bytes = mask_bytes(task->kernel);
    uint64_t mask[16];
    int err;
    if (args[1] < bytes || (args[1] & 7)) return -EINVAL;
    struct task *other = target(task, (int)args[0], &err);
    if (!other) return err;
    host_mutex_lock(&other->lock);
    memcpy(mask, other->affinity, sizeof mask);
    host_mutex_unlock(&other->lock);
    task_put(other);
    limit_mask(task->kernel, mask);
    err = copy_to_guest(task, args[2], mask, bytes);
    return err < 0 ? err : (int64_t)bytes;
}

int64_t sys_sched_setaffinity(struct task *task, const uint64_t args[6]) {
    uint64_t mask[16] = {0}, any = 0;
    const size_t n = args[1] < CPU_BYTES ? (size_t)args[1] : CPU_BYTES;
    int err;
    struct task *other = target(task, (int)args[0], &err);
    if (!other) return err;
    err = copy_from_guest(task, mask, args[2], n);
    limit_mask(task->kernel, mask);
    for (int i = 0; i < 16; i++) any |= mask[i];
    if (err == 0 && !any) err = -EINVAL;
    if (err == 0) {
        host_mutex_lock(&other->lock);
        memcpy(other->affinity, mask, sizeof mask);
        host_mutex_unlock(&other->lock);
    }
    task_put(other);
    return err;
}

int64_t sys_getcpu(struct task *task, const uint64_t args[6]) {
    const struct cpu_env *env = task->kernel->options.cpu_env;
    const uint32_t cpu = env->processor_id(env->arg), node = 0;
    if (args[0] && copy_to_guest(task, args[0], &cpu, sizeof cpu) < 0) return -EFAULT;
    return args[1] ? copy_to_guest(task, args[1], &node, sizeof node) : 0;
}

enum priority_which { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* uid: of any thread; processes change it as one in practice. */
static bool meant_locked(struct task *task, struct process *process, int which, int who) {
    switch (which) {
    case PRIO_PROCESS: return process == (who ? pids_process_locked(task->kernel, who) : task->process);
    case PRIO_PGRP: return process->pgid == (who ? who : task->process->pgid);
    default: return who == 0 || (uint32_t)who == task->cred.uid;
    }
}

/* One process's nice value: reads the lowest into *best, or sets. Returns 0 or -EACCES. */
static int one_nice(struct task *task, struct process *process, const int *set, int *best) {
    int r = 0;
    const bool may_raise = cred_capable(&task->cred, CAP_SYS_NICE);
    host_mutex_lock(&process->lock);
    const uint64_t floor = process->limits[RLIMIT_NICE].soft;
    if (process->nice < *best) *best = process->nice;
    if (set && *set < process->nice && !may_raise && (uint64_t)(20 - *set) > floor) r = -EACCES;
    if (set && r == 0) process->nice = *set;
    host_mutex_unlock(&process->lock);
    return r;
}

static int64_t priority(struct task *task, int which, int who, const int *set) {
    int best = NICE_MAX + 1, r = -ESRCH;
    if (which < PRIO_PROCESS || which > PRIO_USER) return -EINVAL;
    host_mutex_lock(&task->kernel->tasks_lock);
    const struct task *thread = which == PRIO_PROCESS && who ? pids_task_locked(task->kernel, who) : NULL;
    if (thread) who = thread->process->pid;
    PIDS_FOR_EACH_PROCESS(process, task->kernel) {
        if (!meant_locked(task, process, which, who)) continue;
        const int one = one_nice(task, process, set, &best);
        if (one < 0 || r == -ESRCH) r = one;
    }
    host_mutex_unlock(&task->kernel->tasks_lock);
    return r < 0 ? r : set ? 0 : 20 - best;
}

int64_t sys_getpriority(struct task *task, const uint64_t args[6]) {
    return priority(task, (int)args[0], (int)args[1], NULL);
}

int64_t sys_setpriority(struct task *task, const uint64_t args[6]) {
    int nice = (int)args[2];
    if (nice < NICE_MIN) nice = NICE_MIN;
    if (nice > NICE_MAX) nice = NICE_MAX;
    return priority(task, (int)args[0], (int)args[1], &nice);
}

static bool is_registered(struct process *process, uint32_t command) {
    host_mutex_lock(&process->lock);
    const bool registered = (process->membarrier_registered & command) != 0;
    host_mutex_unlock(&process->lock);
    return registered;
}

static int64_t membarrier_register(struct process *process, uint32_t command) {
    host_mutex_lock(&process->lock);
    process->membarrier_registered |= command;
    host_mutex_unlock(&process->lock);
    return 0;
}

int64_t sys_membarrier(struct task *task, const uint64_t args[6]) {
    struct process *process = task->process;
    const int command = (int)args[0];
    if (args[1]) return -EINVAL;
    switch (command) {
    case MEMBARRIER_CMD_QUERY:
        return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
               MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
        return membarrier_fence(task, NULL);
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        return membarrier_register(process, (uint32_t)command);
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
        return is_registered(process, (uint32_t)command << 1) ? membarrier_fence(task, process) : -EPERM;
    default:
        return -EINVAL;
    }
}
