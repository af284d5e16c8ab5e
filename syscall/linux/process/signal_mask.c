/* SPDX-License-Identifier: ISC */
/* The signal mask of a thread, the temporary mask of sigsuspend and ppoll, and who is told when masks change. */
#include "syscall/linux/process/signal.h"

#include "base/error.h"

void signal_recalculate_locked(struct task *task) {
    const sigset_bits ready = (task->pending.set | task->process->pending.set) & ~task->blocked;
    if (ready) {
        atomic_fetch_or(&task->attention, ATTENTION_SIGNAL);
        sched_interrupt_self(&task->sched);
        return;
    }
    atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_SIGNAL);
    sched_interrupt_clear(&task->sched);
    if (task_interrupted(task)) sched_interrupt_self(&task->sched);
}

void signal_retarget_locked(struct task *leaving, sigset_bits set) {
    struct process *process = leaving->process;
    sigset_bits left = process->pending.set & set;
    LIST_FOR_EACH(node, &process->threads) {
        struct task *task = CONTAINER_OF(node, struct task, thread_node);
        if (!left) break;
        if (task == leaving || !(left & ~task->blocked)) continue;
        if (atomic_load(&task->attention) & ATTENTION_EXIT) continue;
        left &= task->blocked;
        task_notify(task, ATTENTION_SIGNAL);
    }
}

void signal_set_blocked(struct task *task, sigset_bits mask) {
    struct process *process = task->process;
    mask &= ~SIGSET_UNBLOCKABLE;
    if (mask == task->blocked) return;
    host_mutex_lock(&process->signal_lock);
    const sigset_bits newly = mask & ~task->blocked;
    task->blocked = mask;
    if (newly & process->pending.set) signal_retarget_locked(task, newly);
    signal_recalculate_locked(task);
    host_mutex_unlock(&process->signal_lock);
}

void task_set_temporary_mask(struct task *task, sigset_bits mask) {
    task->saved_mask = task->blocked;
    atomic_fetch_or(&task->attention, ATTENTION_RESTORE_MASK);
    signal_set_blocked(task, mask);
}

int task_set_temporary_mask_from_guest(struct task *task, uint64_t gva, uint64_t size) {
    sigset_bits mask;
    if (!gva) return 0;
    if (size != SIGSET_SIZE) return -EINVAL;
    if (copy_from_guest(task, &mask, gva, sizeof mask) < 0) return -EFAULT;
    task_set_temporary_mask(task, mask);
    return 0;
}

void task_restore_mask(struct task *task) {
    const uint32_t before = atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_RESTORE_MASK);
    if (before & ATTENTION_RESTORE_MASK) signal_set_blocked(task, task->saved_mask);
}
