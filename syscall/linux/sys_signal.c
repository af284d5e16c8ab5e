/* SPDX-License-Identifier: ISC */
/* Dispositions, masks, alternate stacks, waiting for signals, and the way back from handlers. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/altstack.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/process/sigframe.h"

#include "syscall/linux/abi/time.h"

static bool is_signal(int signo) {
    return signo >= 1 && signo <= SIGNAL_COUNT;
}

/* Signals that become ignored are dropped, also blocked ones. */
static void drop_ignored(struct process *process, int signo) {
    const sigset_bits set = sig_bit(signo);
    host_mutex_lock(&process->signal_lock);
    signal_queue_flush_locked(&process->pending, set);
    LIST_FOR_EACH(node, &process->threads) {
        signal_queue_flush_locked(&CONTAINER_OF(node, struct task, thread_node)->pending, set);
    }
    host_mutex_unlock(&process->signal_lock);
}

static void set_action(struct process *process, int signo, struct guest_sigaction *action) {
    struct signal_actions *actions = process->actions;
    const uint64_t known = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER |
                           SA_RESETHAND;
    action->flags &= known;
    action->mask &= ~SIGSET_UNBLOCKABLE;
    host_mutex_lock(&actions->lock);
    actions->action[signo - 1] = *action;
    host_mutex_unlock(&actions->lock);
    if (action->handler == SIG_IGN || (action->handler == SIG_DFL && signal_default_ignored(signo))) {
        drop_ignored(process, signo);
    }
}

int64_t sys_rt_sigaction(struct task *task, const uint64_t args[6]) {
    const int signo = (int)args[0];
    struct guest_sigaction action = {0};
    if (args[3] != SIGSET_SIZE) return -EINVAL;
    if (args[1] && copy_from_guest(task, &action, args[1], sizeof action) < 0) return -EFAULT;
    if (!is_signal(signo) || (args[1] && (sig_bit(signo) & SIGSET_UNBLOCKABLE))) return -EINVAL;
    const struct guest_sigaction old = signal_action_of(task->process->actions, signo);
    if (args[1]) set_action(task->process, signo, &action);
    return args[2] ? copy_to_guest(task, args[2], &old, sizeof old) : 0;
}

int64_t sys_rt_sigprocmask(struct task *task, const uint64_t args[6]) {
    const sigset_bits old = task->blocked;
    sigset_bits set;
    if (args[3] != SIGSET_SIZE) return -EINVAL;
    if (args[1]) {
        if (copy_from_guest(task, &set, args[1], sizeof set) < 0) return -EFAULT;
        switch ((int)args[0]) {
        case SIG_BLOCK: set |= old; break;
        case SIG_UNBLOCK: set = old & ~set; break;
        case SIG_SETMASK: break;
        default: return -EINVAL;
        }
        signal_set_blocked(task, set);
    }
    return args[2] ? copy_to_guest(task, args[2], &old, sizeof old) : 0;
}

int64_t sys_rt_sigpending(struct task *task, const uint64_t args[6]) {
    if (args[1] > SIGSET_SIZE) return -EINVAL;
    const sigset_bits set = signal_pending(task) & task->blocked;
    return copy_to_guest(task, args[0], &set, (size_t)args[1]);
}

static int64_t wait_for_handler(struct task *task) {
    while (!task_interrupted(task)) task_block(task, SCHED_NEVER);
    return -ERESTARTNOHAND;
}

int64_t sys_rt_sigsuspend(struct task *task, const uint64_t args[6]) {
    sigset_bits mask;
    if (args[1] != SIGSET_SIZE) return -EINVAL;
    if (copy_from_guest(task, &mask, args[0], sizeof mask) < 0) return -EFAULT;
    task_set_temporary_mask(task, mask);
    return wait_for_handler(task);
}

int64_t sys_pause(struct task *task, const uint64_t args[6]) {
    return wait_for_handler(task);
}

/* Waits on the process's signal_wait, which is woken for every signal queued. Returns the signal or -E. */
static int wait_for_signal(struct task *task, sigset_bits set, int64_t deadline_ns, struct guest_siginfo *info) {
    struct waiter waiter;
    int signo, r = 0;
    waiter_init(&waiter, &task->sched);
    wait_queue_add(&task->process->signal_wait, &waiter);
    while ((signo = signal_dequeue(task, set, info)) == 0 && r == 0) r = task_block(task, deadline_ns);
    wait_queue_remove(&waiter);
    if (signo) return signo;
    return r == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

int64_t sys_rt_sigtimedwait(struct task *task, const uint64_t args[6]) {
    struct guest_siginfo info;
    struct guest_timespec timeout;
    sigset_bits set;
    int64_t deadline_ns = SCHED_NEVER;
    if (args[3] != SIGSET_SIZE) return -EINVAL;
    if (copy_from_guest(task, &set, args[0], sizeof set) < 0) return -EFAULT;
    if (args[2]) {
        if (copy_from_guest(task, &timeout, args[2], sizeof timeout) < 0) return -EFAULT;
        if (!timespec_valid(&timeout)) return -EINVAL;
        if (__builtin_add_overflow(scheduler_monotonic_ns(task->kernel->scheduler), timespec_to_ns(&timeout), &deadline_ns)) {
            deadline_ns = SCHED_NEVER;
        }
    }
    const int signo = wait_for_signal(task, set & ~SIGSET_UNBLOCKABLE, deadline_ns, &info);
    if (signo > 0 && args[1] && copy_to_guest(task, args[1], &info, sizeof info) < 0) return -EFAULT;
    return signo;
}

int64_t sys_sigaltstack(struct task *task, const uint64_t args[6]) {
    const uint64_t rsp = task->cpu->state.gpr[RSP];
    const struct guest_stack old = altstack_get(task, rsp);
    struct guest_stack stack;
    if (args[0]) {
        if (copy_from_guest(task, &stack, args[0], sizeof stack) < 0) return -EFAULT;
        const int r = altstack_set(task, &stack, rsp);
        if (r < 0) return r;
    }
    return args[1] ? copy_to_guest(task, args[1], &old, sizeof old) : 0;
}

/* rax is whatever the frame says, and no restart is due for it. */
int64_t sys_rt_sigreturn(struct task *task, const uint64_t args[6]) {
    task->syscall.restartable = false;
    if (sigframe_pop(task) < 0) {
        const struct guest_siginfo info = signal_info(SIGSEGV, SI_KERNEL);
        signal_force(task, &info);
    }
    return (int64_t)task->cpu->state.gpr[RAX];
}

int64_t sys_restart_syscall(struct task *task, const uint64_t args[6]) {
    int64_t (*fn)(struct task *) = task->restart.fn;
    task->restart.fn = NULL;
    return fn ? fn(task) : -EINTR;
}
