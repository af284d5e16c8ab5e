/* SPDX-License-Identifier: ISC */
/* The carrier's side: what the kernel calls, where threads are held and where the machine stops. A stop is the carrier asleep: nobody
 * runs, no lock is held, and the slice that was running goes on afterwards as if nothing had been, so that being looked at changes
 * nothing of a deterministic run. Only holding threads does. */
#include "debugger/internal.h"

#include "host/poll.h"
#include "mmu/breakpoint.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>

static struct target *target_of(struct debugger *debugger) {
    return (struct target *)debugger;
}

static bool is_unseen(const struct target *target, const struct task *task) {
    return target->is_free || !task->sched.serial || target_ignores(target, task->process->pid);
}

/* Until the debugger resumes the machine. */
static void stop_machine(struct target *target) {
    atomic_store(&target->interrupt, false);
    atomic_store(&target->state, TARGET_IS_STOPPED);
    host_event_set(target->event);
    while (atomic_load(&target->state) == TARGET_IS_STOPPED) host_futex_wait(&target->state, TARGET_IS_STOPPED, HOST_NEVER);
}

/* The thread has been seen where it is. */
static void note_place(struct debugged_thread *thread, const struct task *task) {
    thread->passes = true;
    thread->passed_rip = task->cpu->state.rip;
    thread->passed_retired = task->cpu->retired;
}

/* The machine stops in this task's hook, because of some thread. */
static void stop_for(struct target *target, struct task *task, const struct target_stop *why, int pid, int tid) {
    struct debugged_thread *thread = target_thread(target, task_tid(task));
    target->stop = *why;
    target->stop.pid = pid;
    target->stop.tid = tid;
    if (thread) thread->in_hook = true;
    stop_machine(target);
    thread = target_thread(target, task_tid(task));
    if (!thread) return;
    thread->in_hook = false;
    if (why->kind <= TARGET_SIGNALLED && tid == task_tid(task)) note_place(thread, task);
}

static void stop_at(struct target *target, struct task *task, const struct target_stop *why) {
    stop_for(target, task, why, task->process->pid, task_tid(task));
}

/* --- Orders --- */

static bool fits(const struct target_order *order, int pid, int tid) {
    return (order->pid == TARGET_ALL || order->pid == pid) && (order->tid == TARGET_ALL || order->tid == tid);
}

/* A replay goes as it went. */
static struct target_order find_order(const struct target *target, const struct task *task) {
    const int pid = task->process->pid, tid = task_tid(task);
    for (size_t i = 0; i < target->n_orders; i++) {
        if (fits(&target->orders[i], pid, tid) && !(target->is_replay && target->orders[i].action == TARGET_HOLD)) return target->orders[i];
    }
    return (struct target_order){.pid = pid, .tid = tid, .action = target->is_replay ? TARGET_GO : TARGET_HOLD};
}

static void take_order(struct target *target, struct debugged_thread *thread, const struct task *task) {
    if (thread->generation == target->generation) return;
    thread->generation = target->generation;
    thread->order = find_order(target, task);
    thread->began_retired = task->cpu->retired;
    thread->began_rip = task->cpu->state.rip;
}

static bool must_go(const struct target *target, const struct task *task) {
    return is_unseen(target, task) || (atomic_load(&task->attention) & ATTENTION_EXIT);
}

/* Sleeps as long as the thread is to be held. Returns whether it slept. */
static bool hold(struct target *target, struct debugged_thread *thread, struct task *task) {
    bool slept = false;
    for (;;) {
        take_order(target, thread, task);
        if (thread->order.action != TARGET_HOLD || must_go(target, task)) break;
        slept = thread->is_held = thread->in_hook = true;
        sched_block_uninterruptible(&task->sched, SCHED_NEVER);
        thread->is_held = thread->in_hook = false;
    }
    return slept;
}

/* A signal that did not come with the stop for one. */
static bool send_ordered_signal(const struct target *target, struct debugged_thread *thread, struct task *task) {
    const int signo = target->is_replay ? 0 : thread->order.signo;
    thread->order.signo = 0;
    if (!signo) return false;
    thread->sent_signo = signo;
    signal_send_task(task, signo, SI_USER);
    return true;
}

static bool has_moved(const struct debugged_thread *thread, const struct task *task) {
    return task->cpu->retired != thread->began_retired || task->cpu->state.rip != thread->began_rip;
}

static bool has_stepped(const struct debugged_thread *thread, const struct task *task) {
    const struct target_order *order = &thread->order;
    const uint64_t rip = task->cpu->state.rip;
    if (order->action != TARGET_STEP || !has_moved(thread, task)) return false;
    return rip < order->range_start || rip >= order->range_end;
}

/* One instruction if it stands at a breakpoint that is behind it. */
static int64_t pass(struct debugged_thread *thread, struct task *task) {
    struct cpu *cpu = task->cpu;
    if (thread->passes) thread->passes = cpu->state.rip == thread->passed_rip && cpu->retired == thread->passed_retired;
    cpu->pass_breakpoints = thread->passes;
    return thread->passes ? 1 : INT64_MAX;
}

/* --- What the kernel calls --- */

/* Somebody else's thread may share the memory that the breakpoints are in. */
static int64_t run_unseen(struct task *task) {
    task->cpu->pass_breakpoints = true;
    return INT64_MAX;
}

static bool travels(const struct target *target) {
    return target->sought.tid || target->scan.until;
}

/* How far it is for this thread to where a seek or a scan ends; 0: it is there. INT64_MAX: another one gets there. */
static int64_t distance(const struct target *target, const struct task *task) {
    const struct target_point *sought = &target->sought;
    const bool is_total = sought->tid == TARGET_ALL || !sought->tid;
    const uint64_t at = is_total ? target_time(target) : task->cpu->retired, goal = sought->tid ? sought->retired : target->scan.until;
    if (!is_total && task_tid(task) != sought->tid) return INT64_MAX;
    const uint64_t left = at >= goal ? 0 : goal - at;
    return left < INT64_MAX ? (int64_t)left : INT64_MAX;
}

/* The machine runs to where a seek or a scan ends, and nothing else stops it. */
static int64_t travel(struct target *target, struct task *task) {
    const int64_t left = distance(target, task);
    if (left) return left;
    target->sought.tid = 0;
    target->scan.until = 0;
    stop_at(target, task, &(struct target_stop){.kind = TARGET_SOUGHT});
    return 0;
}

/* Those of one process. */
static void set_scanned_breaks(struct target *target, const struct process *process) {
    for (size_t i = 0; target->scan.until && i < target->scan.n; i++) {
        const struct target_break *b = &target->scan.breaks[i];
        if (b->pid == process->pid) target_set_break(target, b, true);
    }
}

static int set_breaks_of(struct process *process, void *arg) {
    set_scanned_breaks(arg, process);
    return 0;
}

static void begin_scan(struct target *target) {
    target->scan.has_begun = true;
    process_for_each(target_kernel(target), set_breaks_of, target);
}

static int64_t travel_before_run(struct target *target, struct task *task, struct debugged_thread *thread) {
    target->has_started = true;
    if (!target->scan.has_begun) begin_scan(target);
    const int64_t left = travel(target, task);
    if (left == 0 || !target->scan.until) {
        task->cpu->pass_breakpoints = true;
        return left;
    }
    const int64_t most = pass(thread, task);
    return most < left ? most : left;
}

static bool is_interrupted(struct target *target) {
    return target->is_replay && atomic_load(&target->interrupt);
}

/* The place from which the thread that ran last did what it did: its last instruction, or the one that it is in the midst of. */
static struct target_found place_of_last(struct target *target, const struct target_break *what) {
    const uint64_t retired = target_retired(target, target->last_tid);
    const bool has_moved = retired != UINT64_MAX && retired > target->last_retired;
    const uint64_t at = has_moved ? retired - 1 : target->last_retired, time = has_moved ? target_time(target) - 1 : target->last_time;
    return (struct target_found){{target->last_tid, at}, time, *what};
}

static const enum target_stop_kind stop_of_watch[] = {
    [TARGET_CHANGES] = TARGET_WATCH_CHANGED, [TARGET_READS] = TARGET_WATCH_READ, [TARGET_ACCESSES] = TARGET_WATCH_ACCESSED,
};

enum target_stop_kind target_stop_of_watch(enum target_watch_kind kind) {
    return stop_of_watch[kind];
}

/* It was the thread that ran last. Returns whether the machine has been stopped. */
static bool show_watch(struct target *target, struct task *task, const struct watchpoint *watch) {
    const struct target_stop why = {.kind = stop_of_watch[watch->what.kind], .address = watch->what.address};
    if (target->scan.until) {
        if (target_time(target) <= target->scan.until) target->scan.found = place_of_last(target, &watch->what);
        return false;
    }
    stop_for(target, task, &why, target->last_pid, target->last_tid);
    return true;
}

/* What has become of what is watched since the last turn. */
static const struct watchpoint *look(struct target *target, const struct task *task) {
    const struct watchpoint *changed = target->n_watches ? watch_look(target) : NULL, *accessed = target->accessed;
    if (task->cpu->tlb.tap_passes) return changed; /* the access is still to come */
    target->accessed = NULL;
    return accessed ? accessed : changed;
}

/* Instructions of a turn at most, for the watches' sake. */
static int64_t watched_turn(const struct target *target, const struct task *task) {
    return task->cpu->tlb.tap_passes || watch_must_step(target) ? 1 : INT64_MAX;
}

static int64_t decide(struct target *target, struct task *task) {
    struct debugged_thread *thread = is_unseen(target, task) ? NULL : target_thread(target, task_tid(task));
    watch_before_run(target, thread, task);
    if (!thread) return run_unseen(task);
    const struct watchpoint *shown = look(target, task);
    if (shown && target->has_started && !target->sought.tid && show_watch(target, task, shown)) return 0;
    target->last_pid = task->process->pid;
    target->last_tid = task_tid(task);
    target->last_retired = task->cpu->retired;
    target->last_time = target_time(target);
    if (travels(target)) return travel_before_run(target, task, thread);
    if (is_interrupted(target)) {
        stop_at(target, task, &(struct target_stop){.kind = TARGET_INTERRUPTED});
        return 0;
    }
    if (!target->has_started) {
        target->has_started = true;
        stop_at(target, task, &(struct target_stop){.kind = TARGET_STARTED});
        return 0;
    }
    take_order(target, thread, task);
    if (has_stepped(thread, task)) {
        stop_at(target, task, &(struct target_stop){.kind = TARGET_STEPPED});
        return 0;
    }
    if (hold(target, thread, task) || send_ordered_signal(target, thread, task)) return 0;
    const int64_t most = pass(thread, task);
    return thread->order.action == TARGET_STEP ? 1 : most;
}

static int64_t before_run(struct debugger *debugger, struct task *task) {
    struct target *target = target_of(debugger);
    const int64_t until_checkpoint = timeline_before_run(target), decided = decide(target, task), watched = watched_turn(target, task);
    const int64_t most = decided < watched ? decided : watched;
    return most < until_checkpoint ? most : until_checkpoint;
}

static void note_scanned(struct target *target, struct task *task) {
    struct debugged_thread *thread = target_thread(target, task_tid(task));
    if (!thread) return;
    note_place(thread, task);
    if (target->scan.until && target_time(target) < target->scan.until) {
        target->scan.found = (struct target_found){{task_tid(task), task->cpu->retired}, target_time(target),
                                                   {task->cpu->state.rip, 0, task->process->pid, TARGET_CHANGES}};
    }
}

static void breakpoint(struct debugger *debugger, struct task *task) {
    struct target *target = target_of(debugger);
    if (travels(target)) note_scanned(target, task);
    else if (!is_unseen(target, task)) stop_at(target, task, &(struct target_stop){.kind = TARGET_BREAKPOINT});
}

/* The debugger decides at the stop, or whenever it lets the thread go on. */
static int signal(struct debugger *debugger, struct task *task, struct guest_siginfo *info) {
    struct target *target = target_of(debugger);
    struct debugged_thread *thread = is_unseen(target, task) ? NULL : target_thread(target, task_tid(task));
    if (!thread || travels(target) || (target->catches.passed_signals & sig_bit(info->signo))) return info->signo;
    if (thread->sent_signo == info->signo) {
        thread->sent_signo = 0;
        return info->signo;
    }
    thread->info = info;
    stop_at(target, task, &(struct target_stop){.kind = TARGET_SIGNALLED, .signo = info->signo});
    hold(target, thread, task);
    thread->info = NULL;
    if (must_go(target, task) || target->is_replay) return info->signo;
    const int signo = thread->order.signo;
    thread->order.signo = 0;
    if (signo && signo != info->signo) *info = signal_info(signo, SI_USER);
    return signo;
}

static void forget_thread(struct target *target, int tid) {
    struct debugged_thread *thread = NULL;
    HASH_FIND_INT(target->threads, &tid, thread);
    if (!thread) return;
    HASH_DEL(target->threads, thread);
    free(thread);
}

static void copy_breakpoints(struct target *target, struct task *parent, int pid) {
    struct process *child = process_find(parent->kernel, pid);
    if (!child) return;
    if (child->space && child->space != parent->process->space) space_copy_breakpoints(parent->process->space, child->space);
    set_scanned_breaks(target, child);
    process_put(child);
}

static bool catches_call(const struct target_catches *catches, uint64_t number) {
    if (!catches->calls) return false;
    return catches->all_calls || (number < 1024 && (catches->call_set[number / 64] >> (number % 64) & 1));
}

static bool is_caught(const struct target *target, const struct task *task, enum debugger_event event) {
    const struct target_catches *catches = &target->catches;
    switch (event) {
    case DEBUGGER_FORK: return catches->forks;
    case DEBUGGER_VFORK: case DEBUGGER_VFORK_DONE: return catches->vforks;
    case DEBUGGER_CLONE: return catches->clones;
    case DEBUGGER_EXEC: return catches->execs;
    case DEBUGGER_THREAD_ENDS: return catches->thread_ends;
    case DEBUGGER_PROCESS_ENDED: return true;
    case DEBUGGER_CALL_ENTRY: case DEBUGGER_CALL_EXIT: return catches_call(catches, task->syscall.number);
    }
    return false;
}

static const enum target_stop_kind stop_of_event[] = {
    [DEBUGGER_FORK] = TARGET_FORKED, [DEBUGGER_VFORK] = TARGET_VFORKED, [DEBUGGER_CLONE] = TARGET_CLONED,
    [DEBUGGER_VFORK_DONE] = TARGET_VFORK_DONE, [DEBUGGER_EXEC] = TARGET_EXECED, [DEBUGGER_THREAD_ENDS] = TARGET_THREAD_ENDED,
    [DEBUGGER_PROCESS_ENDED] = TARGET_PROCESS_ENDED, [DEBUGGER_CALL_ENTRY] = TARGET_CALL_ENTRY, [DEBUGGER_CALL_EXIT] = TARGET_CALL_EXIT,
};

/* A child that nobody is told of is not seen either; on a way through what has been, those that were not then. */
static void note_child(struct target *target, struct task *parent, int pid, bool is_told) {
    if (!is_told && !travels(target)) target_ignore(target, pid);
    else copy_breakpoints(target, parent, pid);
    if (is_told) target_see(target, pid);
}

/* The last thread of the first process, and what it leaves behind matters no more. */
static bool ends_history(const struct target *target, const struct task *task) {
    const struct process *process = task->process;
    return target->is_replay && process == task->kernel->init && process->n_threads == 1;
}

static void end_history(struct target *target, struct task *task) {
    target->is_ending = true;
    if (target->timeline.history) history_note_length(target->timeline.history, target_time(target));
    target->sought.tid = 0;
    target->scan.until = 0;
    stop_at(target, task, &(struct target_stop){.kind = TARGET_HISTORY_ENDS});
}

/* Others may have had their turn between the instruction and the call. */
static void hold_at_call(struct target *target, struct task *task) {
    struct debugged_thread *thread = target_thread(target, task_tid(task));
    if (thread) hold(target, thread, task);
}

static int note_alive(struct process *process, void *arg) {
    *(bool *)arg |= process->state == PROCESS_RUNNING;
    return 0;
}

/* Nobody is left who could stop or be interrupted: whoever waits for a stop is told, seen or not. */
static bool ends_machine(const struct target *target, struct task *task, enum debugger_event what) {
    bool is_any = false;
    if (what != DEBUGGER_PROCESS_ENDED || target->is_free) return false;
    process_for_each(task->kernel, note_alive, &is_any);
    return !is_any;
}

static void event(struct debugger *debugger, struct task *task, enum debugger_event what, int64_t value) {
    struct target *target = target_of(debugger);
    const bool unseen = is_unseen(target, task), travelling = travels(target) && task->sched.serial;
    const bool caught = !unseen && !travelling && is_caught(target, task, what);
    if (travelling && what == DEBUGGER_EXEC) set_scanned_breaks(target, task->process);
    if (what == DEBUGGER_THREAD_ENDS && !unseen && !target->is_ending && ends_history(target, task)) end_history(target, task);
    if ((what == DEBUGGER_FORK || what == DEBUGGER_VFORK) && !target->is_free) note_child(target, task, (int)value, caught);
    if (what == DEBUGGER_EXEC && value != task_tid(task)) forget_thread(target, (int)value);
    if (what == DEBUGGER_CALL_ENTRY && !unseen && !travelling && !target->is_replay) hold_at_call(target, task);
    const bool is_call = what == DEBUGGER_CALL_ENTRY || what == DEBUGGER_CALL_EXIT;
    const struct target_stop why = {.kind = stop_of_event[what], .value = is_call ? (int64_t)task->syscall.number : value};
    if (ends_machine(target, task, what)) target->has_ended = true;
    if (caught || (!travelling && target->has_ended)) stop_at(target, task, &why);
    if (what == DEBUGGER_THREAD_ENDS || what == DEBUGGER_PROCESS_ENDED) forget_thread(target, task_tid(task));
}

void target_hooks_init(struct target *target) {
    target->debugger = (struct debugger){.before_run = before_run, .breakpoint = breakpoint, .signal = signal, .event = event};
}

/* The carrier, between two turns. */
static void interrupted(void *arg, int value) {
    struct target *target = arg;
    if (!atomic_exchange(&target->interrupt, false) || target->is_free) return;
    target->stop = (struct target_stop){.kind = TARGET_INTERRUPTED, .pid = target->last_pid, .tid = target->last_tid};
    stop_machine(target);
}

void target_interrupt(struct target *target) {
    if (!atomic_exchange(&target->interrupt, true)) scheduler_post(target_kernel(target)->scheduler, interrupted, target, 0);
}
