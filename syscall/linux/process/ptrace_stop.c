/* SPDX-License-Identifier: ISC */
/* Stops of a traced thread. Invariant: between is_stopped's setting and clearing the thread sleeps in stop(), and its tracer may
 * read and write its registers while it keeps it frozen. A step is the CPU's own trap flag, hidden from the tracer. */
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/ptrace_internal.h"

#include "base/error.h"

struct reason {
    int code;                          /* as wait shows it */
    int told_as;                       /* CLD_TRAPPED, CLD_STOPPED */
    uint64_t message;
    const struct guest_siginfo *info;  /* NULL: none, as in a group stop */
    bool is_last;                      /* the thread is exiting: only SIGKILL ends this stop early */
};

enum { NOT_STOPPED = -1 };

static bool must_leave_locked(const struct task *task, bool is_last) {
    return is_last ? task->process->killed : (atomic_load(&task->attention) & ATTENTION_EXIT) != 0;
}

bool ptrace_may_freeze_locked(const struct task *tracee) {
    return tracee->trace.is_stopped && !tracee->trace.is_listening;
}

void ptrace_hide_step(struct task *task) {
    if (task->trace.has_forced_tf) task->cpu->state.rflags_other &= ~(uint64_t)RFLAGS_TF;
    task->trace.has_forced_tf = false;
}

static void step_by_flag(struct task *task) {
    uint64_t *rflags = &task->cpu->state.rflags_other;
    task->trace.has_forced_tf = !(*rflags & RFLAGS_TF);
    *rflags |= RFLAGS_TF;
}

static void begin_locked(struct task *task, const struct reason *why) {
    struct task_trace *trace = &task->trace;
    const bool is_trap = why->code >> 8 == PTRACE_EVENT_STOP;
    if (is_trap) trace->has_news = false;
    if (!trace->has_news) atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_TRACE);
    task->may_stop = true; /* the tracer may make it take a stop signal */
    trace->is_stopped = true;
    trace->is_reported = false;
    trace->is_listening = false;
    trace->code = why->code;
    trace->message = why->message;
    trace->has_info = why->info != NULL;
    if (why->info) trace->info = *why->info;
}

/* What its tracer asked of it is over with every stop, and when there is no tracer any more. */
static void forget_orders(struct task *task) {
    ptrace_hide_step(task);
    task->trace.steps = task->trace.traces_calls = false;
}

static bool stays(struct task *task, bool is_last) {
    const struct task_trace *trace = &task->trace;
    host_mutex_lock(&task->process->signal_lock);
    const bool called = trace->is_listening && (atomic_load(&task->attention) & ATTENTION_TRACE);
    const bool held = trace->is_stopped && !called && !must_leave_locked(task, is_last);
    const bool stays = held || trace->is_frozen;
    host_mutex_unlock(&task->process->signal_lock);
    return stays;
}

static int end(struct task *task) {
    struct task_trace *trace = &task->trace;
    host_mutex_lock(&task->process->signal_lock);
    const int signo = trace->signo;
    trace->is_stopped = trace->is_listening = trace->has_info = false;
    trace->signo = 0;
    host_mutex_unlock(&task->process->signal_lock);
    if (trace->steps) step_by_flag(task);
    return signo;
}

/* Returns the signal that the tracer gave, 0, or NOT_STOPPED. */
static int stop(struct task *task, const struct reason *why) {
    forget_orders(task);
    host_mutex_lock(&task->kernel->tasks_lock);
    host_mutex_lock(&task->process->signal_lock);
    const bool stops = ptrace_is_traced(task) && !must_leave_locked(task, why->is_last);
    if (stops) begin_locked(task, why);
    else atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_TRACE);
    host_mutex_unlock(&task->process->signal_lock);
    if (stops) ptrace_tell_tracer_locked(task, why->told_as, why->code & 0x7f);
    host_mutex_unlock(&task->kernel->tasks_lock);
    if (!stops) return NOT_STOPPED;
    const char state = atomic_exchange(&task->state, 't');
    while (stays(task, why->is_last)) sched_block_uninterruptible(&task->sched, SCHED_NEVER);
    atomic_store(&task->state, state);
    return end(task);
}

/* A stop that says of itself what it is, in si_code. */
static int stop_with_code(struct task *task, int code, int signo, int told_as, uint64_t message, bool is_last) {
    struct guest_siginfo info = signal_info(signo, code);
    info.rt.pid = task_tid(task);
    info.rt.uid = task->cred.uid;
    return stop(task, &(struct reason){.code = code, .told_as = told_as, .message = message, .info = &info, .is_last = is_last});
}

static uint32_t options_of(struct task *task) {
    host_mutex_lock(&task->process->signal_lock);
    const uint32_t options = ptrace_is_traced(task) ? task->trace.options : 0;
    host_mutex_unlock(&task->process->signal_lock);
    return options;
}

bool ptrace_has_event(struct task *task, int event) {
    return ptrace_is_traced(task) && (options_of(task) >> event & 1);
}

void ptrace_event(struct task *task, int event, uint64_t message) {
    if (ptrace_has_event(task, event)) stop_with_code(task, SIGTRAP | event << 8, SIGTRAP, CLD_TRAPPED, message, false);
}

void ptrace_exit_event(struct task *task) {
    if (!ptrace_has_event(task, PTRACE_EVENT_EXIT)) return;
    stop_with_code(task, SIGTRAP | PTRACE_EVENT_EXIT << 8, SIGTRAP, CLD_TRAPPED, (uint64_t)task->exit_code, true);
}

void ptrace_exec(struct task *task, int former_tid) {
    if (!ptrace_is_traced(task)) return;
    if (ptrace_has_event(task, PTRACE_EVENT_EXEC)) {
        ptrace_event(task, PTRACE_EVENT_EXEC, (uint64_t)former_tid);
    } else if (!task->trace.seized) {
        const struct guest_siginfo info = signal_info_from(task, SIGTRAP, SI_USER);
        signal_send_info_task(task, &info);
    }
}

void ptrace_call(struct task *task, bool is_entry) {
    const int mark = options_of(task) & PTRACE_O_TRACESYSGOOD ? PTRACE_SYSCALL_MARK : 0;
    const uint64_t message = is_entry ? PTRACE_EVENTMSG_SYSCALL_ENTRY : PTRACE_EVENTMSG_SYSCALL_EXIT;
    const int signo = stop_with_code(task, SIGTRAP | mark, SIGTRAP, CLD_TRAPPED, message, false);
    if (signo > 0) signal_send_task(task, signo, SI_KERNEL);
}

void ptrace_handler_entered(struct task *task) {
    if (task->trace.steps) stop_with_code(task, SIGTRAP, SIGTRAP, CLD_TRAPPED, 0, false);
}

void ptrace_trap(struct task *task, int stop_signal) {
    host_mutex_lock(&task->process->signal_lock);
    const bool seized = task->trace.seized;
    if (!seized) atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_TRACE);
    host_mutex_unlock(&task->process->signal_lock);
    const int signo = stop_signal ? stop_signal : SIGTRAP;
    if (seized) {
        stop_with_code(task, signo | PTRACE_EVENT_STOP << 8, signo, CLD_STOPPED, 0, false);
    } else if (stop_signal) {
        stop(task, &(struct reason){.code = stop_signal, .told_as = CLD_STOPPED});
    }
}

/* The tracer gave another signal than the one that was taken. */
static void replace(struct task *task, int signo, struct guest_siginfo *info) {
    *info = signal_info(signo, SI_USER);
    host_mutex_lock(&task->kernel->tasks_lock);
    struct task *tracer = atomic_load(&task->trace.tracer);
    if (tracer) {
        host_mutex_lock(&tracer->lock);
        info->rt.pid = tracer->process->pid;
        info->rt.uid = tracer->cred.uid;
        host_mutex_unlock(&tracer->lock);
    }
    host_mutex_unlock(&task->kernel->tasks_lock);
}

/* A step of a tracer that has gone is nobody's. */
static bool is_stray_step(const struct task *task, int signo, const struct guest_siginfo *info) {
    return task->trace.has_forced_tf && signo == SIGTRAP && info->code == TRAP_TRACE;
}

int ptrace_signal(struct task *task, int signo, struct guest_siginfo *info) {
    if (signo == SIGKILL) return signo;
    const bool stray = is_stray_step(task, signo, info);
    if (!ptrace_is_traced(task)) {
        if (!stray) return signo;
        forget_orders(task);
        return 0;
    }
    const int given = stop(task, &(struct reason){.code = signo, .told_as = CLD_TRAPPED, .info = info});
    if (given == NOT_STOPPED) return stray ? 0 : signo;
    if (!given) return 0;
    if (given == signo) *info = task->trace.info;
    else replace(task, given, info);
    if (!(task->blocked & sig_bit(given))) return given;
    signal_send_info_task(task, info);
    return 0;
}

void ptrace_resume(struct task *tracee, enum ptrace_resume how, int signo) {
    struct task_trace *trace = &tracee->trace;
    trace->traces_calls = how == PTRACE_GO_TO_CALL;
    trace->steps = how == PTRACE_GO_STEP;
    host_mutex_lock(&tracee->process->signal_lock);
    trace->signo = signo;
    trace->is_stopped = false;
    host_mutex_unlock(&tracee->process->signal_lock);
}

int ptrace_listen(struct task *tracee) {
    struct task_trace *trace = &tracee->trace;
    host_mutex_lock(&tracee->process->signal_lock);
    const bool may = trace->seized && trace->has_info && trace->info.code >> 8 == PTRACE_EVENT_STOP;
    if (may) trace->is_listening = true;
    host_mutex_unlock(&tracee->process->signal_lock);
    return may ? 0 : -EIO;
}

int ptrace_interrupt(struct task *tracee) {
    host_mutex_lock(&tracee->process->signal_lock);
    const bool seized = tracee->trace.seized;
    if (seized && !list_empty(&tracee->thread_node)) task_notify(tracee, ATTENTION_TRACE);
    host_mutex_unlock(&tracee->process->signal_lock);
    return seized ? 0 : -EIO;
}
