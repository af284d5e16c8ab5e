/* SPDX-License-Identifier: ISC */
/* Resource limits and usage. Source: getrlimit(2), getrusage(2). */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/usage.h"

#include "syscall/linux/fs/fd_table.h"

enum { NOFILE_MAX = 1 << 20 };

/* What has to know at once that a limit has changed. tables: of every thread, if they differ. */
static int apply_to_thread(struct task *other, void *arg) {
    const struct limit *limit = arg;
    host_mutex_lock(&other->lock);
    if (other->fds) fd_table_set_limit(other->fds, limit->soft);
    host_mutex_unlock(&other->lock);
    return 0;
}

static void apply(struct process *process, enum limit_number which, struct limit limit) {
    if (which == RLIMIT_NOFILE) task_for_each(process, apply_to_thread, &limit);
    if (which == RLIMIT_CPU) itimer_limit_cpu(process);
    if (which != RLIMIT_AS && which != RLIMIT_DATA && which != RLIMIT_STACK) return;
    host_mutex_lock(&process->lock);
    const struct limit *all = process->limits;
    if (process->space) {
        space_set_limits(process->space, all[RLIMIT_AS].soft, all[RLIMIT_DATA].soft, all[RLIMIT_STACK].soft);
    }
    host_mutex_unlock(&process->lock);
}

static int set_limit(struct task *task, struct process *process, enum limit_number which, struct limit new) {
    int r = 0;
    if (new.soft > new.hard) return -EINVAL;
    if (which == RLIMIT_NOFILE && new.hard > NOFILE_MAX) return -EPERM;
    host_mutex_lock(&process->lock);
    if (new.hard > process->limits[which].hard && !cred_capable(&task->cred, CAP_SYS_RESOURCE)) r = -EPERM;
    if (r == 0) process->limits[which] = new;
    host_mutex_unlock(&process->lock);
    if (r == 0) apply(process, which, new);
    return r;
}

static struct limit get_limit(struct process *process, enum limit_number which) {
    host_mutex_lock(&process->lock);
    const struct limit limit = process->limits[which];
    host_mutex_unlock(&process->lock);
    return limit;
}

static int64_t change(struct task *task, struct process *process, uint32_t which, uint64_t new_gva, uint64_t old_gva) {
    struct guest_rlimit in;
    if (new_gva && copy_from_guest(task, &in, new_gva, sizeof in) < 0) return -EFAULT;
    if (which >= RLIMIT_COUNT) return -EINVAL;
    const struct limit old = get_limit(process, (enum limit_number)which);
    if (new_gva) {
        const int r = set_limit(task, process, (enum limit_number)which, (struct limit){in.soft, in.hard});
        if (r < 0) return r;
    }
    const struct guest_rlimit out = {old.soft, old.hard};
    return old_gva ? copy_to_guest(task, old_gva, &out, sizeof out) : 0;
}

int64_t sys_getrlimit(struct task *task, const uint64_t args[6]) {
    if (!args[1]) return -EFAULT;
    return change(task, task->process, (uint32_t)args[0], 0, args[1]);
}

int64_t sys_setrlimit(struct task *task, const uint64_t args[6]) {
    if (!args[1]) return -EFAULT;
    return change(task, task->process, (uint32_t)args[0], args[1], 0);
}

int64_t sys_prlimit64(struct task *task, const uint64_t args[6]) {
    struct process *process = args[0] ? process_find(task->kernel, (int)args[0]) : process_get(task->process);
    if (!process) return -ESRCH;
    const int64_t r = change(task, process, (uint32_t)args[1], args[2], args[3]);
    process_put(process);
    return r;
}

static struct process_usage usage_of(struct task *task, enum rusage_who who) {
    struct process *process = task->process;
    cputime_note_resident(process);
    struct process_usage usage = cputime_usage(process);
    if (who == RUSAGE_WHO_THREAD) {
        const uint64_t max_resident = usage.max_resident;
        usage = cputime_usage_of_task(task);
        usage.max_resident = max_resident;
    } else if (who == RUSAGE_WHO_CHILDREN) {
        host_mutex_lock(&task->kernel->tasks_lock);
        usage = process->waited_for;
        host_mutex_unlock(&task->kernel->tasks_lock);
    }
    return usage;
}

int64_t sys_getrusage(struct task *task, const uint64_t args[6]) {
    const int who = (int)args[0];
    if (who != RUSAGE_WHO_SELF && who != RUSAGE_WHO_CHILDREN && who != RUSAGE_WHO_THREAD) return -EINVAL;
    const struct process_usage usage = usage_of(task, (enum rusage_who)who);
    const struct guest_rusage out = usage_to_guest(&usage);
    return copy_to_guest(task, args[1], &out, sizeof out);
}
