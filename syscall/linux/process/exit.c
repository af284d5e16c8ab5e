/* SPDX-License-Identifier: ISC */
/* A task ends in this order, each line once a bug somewhere: robust futexes, PI locks, CLEARTID (store 0 and wake 1),
 * vfork's parent, semaphores, descriptors, then out of the tables; the last thread makes the process a zombie. */
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/clone.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/crash.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/futex.h"
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/process/job_control.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/posix_timer.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/process/stop.h"

#include "host/clock.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/abi/wait.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/ipc/sem.h"

static bool is_alone_in_memory(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool alone = process->n_threads == 1;
    host_mutex_unlock(&process->signal_lock);
    return alone && !space_is_shared(task_space(task));
}

void exit_clear_tid(struct task *task) {
    const uint64_t gva = task->clear_child_tid;
    task->clear_child_tid = 0;
    if (!gva || is_alone_in_memory(task)) return;
    if (space_store_u32(task_space(task), gva, 0) == 0) futex_wake(task, gva, true, 1, ~0u);
}

static void release_memory(struct task *task) {
    futex_exit(task);
    exit_clear_tid(task);
    tlb_attach(&task->cpu->tlb, NULL);
}

static void undo_semaphores(struct task *task) {
    host_mutex_lock(&task->lock);
    struct sem_undo_list *undo = task->sem_undo;
    task->sem_undo = NULL;
    host_mutex_unlock(&task->lock);
    sem_undo_list_put(task->kernel->ipc, undo, task->process->pid);
}

static void release_files(struct task *task) {
    cputime_system_of_task(task);
    const bool is_serial = scheduler_is_serial(task->kernel->scheduler);
    host_mutex_lock(&task->lock);
    struct fd_table *fds = task->fds;
    struct fs_context *fs = task->fs;
    task->fds = NULL;
    task->fs = NULL;
    task->cpu_ns_at_exit = is_serial ? sched_cpu_ns(&task->sched) : host_clock_thread_cpu_ns() - task->cpu_ns_at_start;
    task->cpu_clock = HOST_NO_CPU_CLOCK;
    host_mutex_unlock(&task->lock);
    fd_table_put(fds);
    fs_context_put(fs);
}

/* True when this was the last thread. */
static bool leave_threads_locked(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    list_remove(&task->thread_node);
    const bool last = --process->n_threads == 0;
    if (process->stopping && task->stopped) process->n_stopped--; /* a tracer had let it go on */
    signal_queue_flush_locked(&task->pending, ~0ull);
    signal_retarget_locked(task, ~task->blocked);
    if (process->exec_task && process->n_threads == 1) sched_wake(&process->exec_task->sched);
    if (process->dumper) sched_wake(&process->dumper->sched);
    const bool all_stopped = stop_is_complete_locked(process);
    host_mutex_unlock(&process->signal_lock);
    if (process->leader == task) process->leader = NULL;
    process->exit_uid = task->cred.uid;
    cputime_add_exited_locked(process, task);
    if (!last && all_stopped) stop_report_locked(process);
    return last;
}

static void send_death_signals_locked(struct task *parent) {
    LIST_FOR_EACH(node, &parent->process->children) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        if (child->parent_task != parent) continue;
        child->parent_task = NULL;
        if (child->death_signal) signal_send_process(child, child->death_signal, SI_USER);
    }
}

static struct process *new_parent_locked(struct process *dead) {
    for (struct process *p = dead->parent; p; p = p->parent) {
        if (p->subreaper && p->state == PROCESS_RUNNING && p->n_threads > 0) return p;
    }
    return NULL;
}

static void give_away_locked(struct process *child, struct process *parent) {
    list_remove(&child->sibling);
    child->parent = parent;
    child->exit_signal = SIGCHLD;
    if (parent) list_append(&parent->children, &child->sibling);
    if (child->state != PROCESS_ZOMBIE || child->traced_leader) return;
    if (parent) {
        wait_queue_wake_all(&parent->child_wait);
    } else {
        exit_reap_locked(child);
    }
}

static void give_children_away_locked(struct process *dead) {
    struct process *parent = new_parent_locked(dead);
    LIST_FOR_EACH(node, &dead->children) give_away_locked(CONTAINER_OF(node, struct process, sibling), parent);
}

static bool ignores_children(struct process *parent) {
    const struct guest_sigaction action = signal_action_of(parent->actions, SIGCHLD);
    return action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT);
}

static struct guest_siginfo child_info(struct process *child, int signo, int code, int status) {
    struct guest_siginfo info = signal_info(signo, code);
    info.chld.pid = child->pid;
    info.chld.uid = child->exit_uid;
    info.chld.status = status;
    info.chld.utime = (child->own.cpu_ns - child->own.system_ns) / (NS_PER_S / USER_HZ);
    info.chld.stime = child->own.system_ns / (NS_PER_S / USER_HZ);
    return info;
}

void exit_notify_parent_locked(struct process *child, int code, int status) {
    struct process *parent = child->parent;
    if (!parent) return;
    const bool ended = code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED;
    const struct guest_sigaction action = signal_action_of(parent->actions, SIGCHLD);
    const int signo = ended ? child->exit_signal : SIGCHLD;
    const bool wanted = ended || !(action.flags & SA_NOCLDSTOP);
    if (signo && signo <= SIGNAL_COUNT && wanted) { /* clone(2) takes any number */
        const struct guest_siginfo info = child_info(child, signo, code, status);
        signal_send_info_process(parent, &info);
    }
    wait_queue_wake_all(&parent->child_wait);
}

void exit_reap_locked(struct process *child) {
    if (child->state == PROCESS_REAPED) return;
    child->state = PROCESS_REAPED;
    list_remove(&child->sibling);
    pids_remove_process_locked(child);
    process_put(child);
}

static bool is_unwanted(const struct process *process) {
    return !process->parent || (process->exit_signal == SIGCHLD && ignores_children(process->parent));
}

static void report_end_locked(struct process *process) {
    const int status = process->exit_status;
    const bool signalled = (status & 0x7f) != 0;
    const int code = !signalled ? CLD_EXITED : status & WAIT_CORE_FLAG ? CLD_DUMPED : CLD_KILLED;
    const int code_status = signalled ? status & 0x7f : (status >> 8) & 0xff;
    wait_queue_wake_all(&process->exit_wait);
    if (ptrace_report_end_locked(process, code, code_status)) return;
    const bool reap = is_unwanted(process);
    exit_notify_parent_locked(process, code, code_status);
    if (reap) exit_reap_locked(process);
}

void exit_release_zombie_locked(struct process *process, bool parent_knows) {
    if (!parent_knows) {
        report_end_locked(process);
    } else if (is_unwanted(process)) {
        exit_reap_locked(process);
    }
}

static bool others_live_locked(const struct process *ended) {
    bool others = false;
    PIDS_FOR_EACH_PROCESS(process, ended->kernel) others |= process != ended && process->state == PROCESS_RUNNING;
    return others;
}

static void tell_machine_locked(struct process *process) {
    struct kernel *kernel = process->kernel;
    if (process != kernel->init) return;
    kernel->init_status = process->exit_status;
    kernel->init_exited = true;
    if (kernel->options.init_gone && others_live_locked(process)) kernel->options.init_gone(kernel->options.callback_arg, process->exit_status);
    atomic_store(&kernel->init_event, 1);
    host_futex_wake(&kernel->init_event, INT32_MAX);
}

static void become_zombie_locked(struct process *process, int last_status) {
    host_mutex_lock(&process->signal_lock);
    process->exit_status = process->group_exit ? process->group_status : last_status;
    signal_queue_flush_locked(&process->pending, ~0ull);
    host_mutex_unlock(&process->signal_lock);
    process->state = PROCESS_ZOMBIE;
    job_control_leader_exits_locked(process);
    give_children_away_locked(process);
    stop_hang_up_orphans_locked(process);
    tell_machine_locked(process);
    report_end_locked(process);
}

static void drop_space(struct process *process) {
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space;
    process->space = NULL;
    host_mutex_unlock(&process->lock);
    if (space) space_put(space);
}

/* Timers and memory go while the process has no thread and is not yet a zombie: nobody can be sent a signal. */
static void end_process(struct task *task) {
    struct process *process = task->process;
    struct kernel *kernel = task->kernel;
    posix_timers_end(process);
    itimers_end(process);
    drop_space(process);
    host_mutex_lock(&kernel->tasks_lock);
    become_zombie_locked(process, task->exit_code);
    host_mutex_unlock(&kernel->tasks_lock);
}

static bool is_alone(struct process *process) {
    host_mutex_lock(&process->signal_lock);
    const bool alone = process->n_threads == 1;
    host_mutex_unlock(&process->signal_lock);
    return alone;
}

/* Before anything goes: whoever wants to know no more than the end can have it here. */
static void tell_last(struct task *task) {
    struct kernel *kernel = task->kernel;
    const struct process *process = task->process;
    if (!kernel->options.last_ends || atomic_load(&kernel->live) != 1) return;
    const int own = process->group_exit ? process->group_status : task->exit_code;
    kernel->options.last_ends(kernel->options.callback_arg, kernel->init_exited ? kernel->init_status : own);
}

void task_exit(struct task *task) {
    struct kernel *kernel = task->kernel;
    crash_park(task);
    debugger_event(task, DEBUGGER_THREAD_ENDS, task->exit_code);
    ptrace_exit_event(task);
    tell_last(task);
    atomic_store(&task->state, 'Z');
    if (task->process != kernel->init && is_alone(task->process)) cputime_note_resident(task->process);
    atomic_fetch_or(&task->attention, ATTENTION_EXIT);
    release_memory(task);
    clone_vfork_release(task);
    undo_semaphores(task);
    release_files(task);
    host_mutex_lock(&kernel->tasks_lock);
    send_death_signals_locked(task);
    const bool last = leave_threads_locked(task);
    ptrace_exit_locked(task);
    pids_remove_task_locked(task);
    host_mutex_unlock(&kernel->tasks_lock);
    if (last) end_process(task);
    if (last) debugger_event(task, DEBUGGER_PROCESS_ENDED, task->process->exit_status);
    task_put(task); /* the table's */
}
