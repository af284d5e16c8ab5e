/* SPDX-License-Identifier: ISC */
/* prctl by the rows of prctl.def, arch_prctl, personality, seccomp. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/signal.h"

#include "syscall/linux/abi/prctl.h"

#include <string.h>

typedef int64_t prctl_fn(struct task *task, const uint64_t args[6]);

static int64_t refused(struct task *task, const uint64_t args[6]) {
    return -EINVAL;
}

static int store_int(struct task *task, uint64_t gva, int value) {
    return copy_to_guest(task, gva, &value, sizeof value);
}

static int64_t set_pdeathsig(struct task *task, const uint64_t args[6]) {
    if (args[1] > SIGNAL_COUNT) return -EINVAL;
    host_mutex_lock(&task->kernel->tasks_lock);
    task->process->death_signal = (int)args[1];
    host_mutex_unlock(&task->kernel->tasks_lock);
    return 0;
}

static int64_t get_pdeathsig(struct task *task, const uint64_t args[6]) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const int signo = task->process->death_signal;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return store_int(task, args[1], signo);
}

static int64_t get_dumpable(struct task *task, const uint64_t args[6]) {
    host_mutex_lock(&task->process->lock);
    const int dumpable = task->process->dumpable;
    host_mutex_unlock(&task->process->lock);
    return dumpable;
}

static int64_t set_dumpable(struct task *task, const uint64_t args[6]) {
    if (args[1] > 1) return -EINVAL;
    host_mutex_lock(&task->process->lock);
    task->process->dumpable = (int)args[1];
    host_mutex_unlock(&task->process->lock);
    return 0;
}

static int64_t get_keepcaps(struct task *task, const uint64_t args[6]) {
    return task->cred.keep_caps;
}

static int64_t set_keepcaps(struct task *task, const uint64_t args[6]) {
    if (args[1] > 1) return -EINVAL;
    if (task->cred.securebits & SECBIT_KEEP_CAPS_LOCKED) return -EPERM;
    host_mutex_lock(&task->lock);
    task->cred.keep_caps = args[1] != 0;
    host_mutex_unlock(&task->lock);
    return 0;
}

/* PR_TIMING_STATISTICAL is the only one that Linux has. */
static int64_t get_timing(struct task *task, const uint64_t args[6]) {
    return 0;
}

static int64_t set_timing(struct task *task, const uint64_t args[6]) {
    return args[1] ? -EINVAL : 0;
}

static int64_t set_name(struct task *task, const uint64_t args[6]) {
    char name[TASK_COMM_SIZE] = "";
    if (copy_string_from_guest(task, name, args[1], sizeof name) == -EFAULT) return -EFAULT;
    name[sizeof name - 1] = 0;
    host_mutex_lock(&task->lock);
    memcpy(task->comm, name, sizeof name);
    host_mutex_unlock(&task->lock);
    return 0;
}

static int64_t get_name(struct task *task, const uint64_t args[6]) {
    char name[TASK_COMM_SIZE];
    host_mutex_lock(&task->lock); /* another thread may write it through /proc */
    memcpy(name, task->comm, sizeof name);
    host_mutex_unlock(&task->lock);
    return copy_to_guest(task, args[1], name, sizeof name);
}

static int64_t get_seccomp(struct task *task, const uint64_t args[6]) {
    return 0;
}

static int64_t capbset_read(struct task *task, const uint64_t args[6]) {
    if (args[1] >= 64 || !((CRED_CAP_ALL >> args[1]) & 1)) return -EINVAL;
    return (task->cred.cap_bounding >> args[1]) & 1;
}

static int64_t capbset_drop(struct task *task, const uint64_t args[6]) {
    if (!cred_capable(&task->cred, CAP_SETPCAP)) return -EPERM;
    if (args[1] >= 64 || !((CRED_CAP_ALL >> args[1]) & 1)) return -EINVAL;
    host_mutex_lock(&task->lock);
    task->cred.cap_bounding &= ~(1ull << args[1]);
    host_mutex_unlock(&task->lock);
    return 0;
}

/* RDTSC is never forbidden. */
static int64_t get_tsc(struct task *task, const uint64_t args[6]) {
    return store_int(task, args[1], 1);
}

static int64_t set_tsc(struct task *task, const uint64_t args[6]) {
    return args[1] == 1 ? 0 : -EINVAL;
}

static int64_t get_securebits(struct task *task, const uint64_t args[6]) {
    return task->cred.securebits | (task->cred.keep_caps ? SECBIT_KEEP_CAPS : 0);
}

/* A locked bit stays, and so does its lock. */
static int64_t set_securebits(struct task *task, const uint64_t args[6]) {
    const uint64_t old = (uint64_t)get_securebits(task, args), new = args[1];
    if ((old & SECBIT_ALL_LOCKS) >> 1 & (old ^ new)) return -EPERM;
    if ((old & SECBIT_ALL_LOCKS & ~new) || new & ~(uint64_t)(SECBIT_ALL | SECBIT_ALL_LOCKS)) return -EPERM;
    if (!cred_capable(&task->cred, CAP_SETPCAP)) return -EPERM;
    host_mutex_lock(&task->lock);
    task->cred.securebits = (uint32_t)new & ~(uint32_t)SECBIT_KEEP_CAPS;
    task->cred.keep_caps = (new & SECBIT_KEEP_CAPS) != 0;
    host_mutex_unlock(&task->lock);
    return 0;
}

static int64_t set_timerslack(struct task *task, const uint64_t args[6]) {
    task->timer_slack_ns = (int64_t)args[1] > 0 ? args[1] : 50000;
    return 0;
}

static int64_t get_timerslack(struct task *task, const uint64_t args[6]) {
    return (int64_t)task->timer_slack_ns;
}

static int64_t set_child_subreaper(struct task *task, const uint64_t args[6]) {
    host_mutex_lock(&task->kernel->tasks_lock);
    task->process->subreaper = args[1] != 0;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return 0;
}

static int64_t get_child_subreaper(struct task *task, const uint64_t args[6]) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const bool subreaper = task->process->subreaper;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return store_int(task, args[1], subreaper);
}

static int64_t set_no_new_privs(struct task *task, const uint64_t args[6]) {
    if (args[1] != 1 || args[2] || args[3] || args[4]) return -EINVAL;
    host_mutex_lock(&task->lock);
    task->cred.no_new_privs = true;
    host_mutex_unlock(&task->lock);
    return 0;
}

static int64_t get_no_new_privs(struct task *task, const uint64_t args[6]) {
    if (args[1] || args[2] || args[3] || args[4]) return -EINVAL;
    return task->cred.no_new_privs;
}

static int64_t get_tid_address(struct task *task, const uint64_t args[6]) {
    return copy_to_guest(task, args[1], &task->clear_child_tid, sizeof task->clear_child_tid);
}

/* There are no huge pages to disable, so only the state that is true can be set. */
static int64_t set_thp_disable(struct task *task, const uint64_t args[6]) {
    return args[2] || args[3] || args[4] || args[1] > 1 ? -EINVAL : 0;
}

static int64_t get_thp_disable(struct task *task, const uint64_t args[6]) {
    return args[1] || args[2] || args[3] || args[4] ? -EINVAL : 0;
}

enum cap_ambient_op { AMBIENT_IS_SET = 1, AMBIENT_RAISE, AMBIENT_LOWER, AMBIENT_CLEAR_ALL };

static int64_t change_ambient(struct task *task, uint64_t op, uint64_t bit) {
    struct cred *cred = &task->cred;
    int64_t r = 0;
    host_mutex_lock(&task->lock);
    switch (op) {
    case AMBIENT_IS_SET: r = (cred->cap_ambient & bit) != 0; break;
    case AMBIENT_LOWER: cred->cap_ambient &= ~bit; break;
    case AMBIENT_CLEAR_ALL: cred->cap_ambient = 0; break;
    default:
        r = cred->cap_permitted & cred->cap_inheritable & bit && !(cred->securebits & SECBIT_NO_CAP_AMBIENT_RAISE) ? 0 : -EPERM;
        if (r == 0) cred->cap_ambient |= bit;
    }
    host_mutex_unlock(&task->lock);
    return r;
}

static int64_t cap_ambient(struct task *task, const uint64_t args[6]) {
    if (args[3] || args[4]) return -EINVAL;
    if (args[1] == AMBIENT_CLEAR_ALL) return args[2] ? -EINVAL : change_ambient(task, args[1], 0);
    if (args[1] < AMBIENT_IS_SET || args[1] > AMBIENT_LOWER) return -EINVAL;
    if (args[2] >= 64 || !((CRED_CAP_ALL >> args[2]) & 1)) return -EINVAL;
    return change_ambient(task, args[1], 1ull << args[2]);
}

/* PR_SET_VMA_ANON_NAME: args 2 start, 3 size, 4 name or NULL. */
static int64_t set_vma(struct task *task, const uint64_t args[6]) {
    enum { NAME_MAX_SIZE = 80 };
    char name[NAME_MAX_SIZE] = "";
    if (args[1] != PR_SET_VMA_ANON_NAME) return -EINVAL;
    if (args[4]) {
        const int64_t n = copy_string_from_guest(task, name, args[4], sizeof name);
        if (n < 0) return n == -EFAULT ? -EFAULT : -EINVAL;
        for (int64_t i = 0; i < n; i++) {
            if (name[i] < ' ' || name[i] > '~' || strchr("\\`$[]", name[i])) return -EINVAL;
        }
    }
    return space_set_name(task_space(task), args[2], args[3], name);
}

static const struct {
    int number;
    prctl_fn *fn;
} options[] = {
#define PRCTL(number, name, handler) {number, handler},
#include "syscall/linux/abi/prctl.def"
#undef PRCTL
};

int64_t sys_prctl(struct task *task, const uint64_t args[6]) {
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].number == (int)args[0]) return options[i].fn(task, args);
    }
    log_verbose(task->kernel->log, "prctl option %#x is not supported", (unsigned)args[0]);
    return -EINVAL;
}

int64_t sys_arch_prctl(struct task *task, const uint64_t args[6]) {
    uint64_t *base = task->cpu->state.seg_base;
    const uint64_t value = args[1];
    switch ((int)args[0]) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (value >= SPACE_END) return -EPERM;
        base[(int)args[0] == ARCH_SET_FS ? SEG_FS : SEG_GS] = value;
        return 0;
    case ARCH_GET_FS: return copy_to_guest(task, value, &base[SEG_FS], sizeof base[0]);
    case ARCH_GET_GS: return copy_to_guest(task, value, &base[SEG_GS], sizeof base[0]);
    case ARCH_GET_CPUID: return 1;
    case ARCH_SET_CPUID: return value ? 0 : -ENODEV;
    default: return -EINVAL;
    }
}

/* Only Linux's own personality runs here; flags that change nothing for us are kept. */
int64_t sys_personality(struct task *task, const uint64_t args[6]) {
    enum { PER_MASK = 0xff };
    const uint32_t query = 0xffffffff, wanted = (uint32_t)args[0];
    struct process *process = task->process;
    if (wanted != query && (wanted & PER_MASK)) return -EINVAL;
    host_mutex_lock(&process->lock);
    const uint32_t old = process->personality;
    if (wanted != query) process->personality = wanted;
    host_mutex_unlock(&process->lock);
    return old;
}

int64_t sys_seccomp(struct task *task, const uint64_t args[6]) {
    log_verbose(task->kernel->log, "seccomp is not supported (%s)", task->comm);
    return -EINVAL;
}
