/* SPDX-License-Identifier: ISC */
/* engine -> reason -> call or exception -> signals -> restart -> engine. The only place that resolves -ERESTART*:
 * the guest sees either the call again (rip back on SYSCALL, rax its number) or -EINTR, before a handler's frame is
 * built from that state. Source: linux 6.1 arch/x86 signal delivery. */
#include "syscall/linux/run.h"
#include "syscall/linux/dispatch.h"
#include "syscall/linux/strace.h"

#include "base/error.h"
#include "cpu/engine.h"
#include "sched/strategy.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/deliver.h"
#include "syscall/linux/process/exception.h"
#include "syscall/linux/process/membarrier.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/sigframe.h"

#include <inttypes.h>
#include <string.h>

enum { SYSCALL_LENGTH = 2, NR_RESTART_SYSCALL = 219 };
/* What a call takes of a serial machine's time. */
enum { SYSCALL_NS = 1000 };

static void go_back(struct task *task, uint64_t number) {
    struct cpu_state *state = &task->cpu->state;
    state->rip -= SYSCALL_LENGTH;
    state->gpr[RAX] = number;
}

/* flags: of the handler about to run; no handler: handled is false. */
static void resolve_restart(struct task *task, bool handled, uint64_t flags) {
    uint64_t *rax = &task->cpu->state.gpr[RAX];
    bool restart = !handled;
    if (!task->syscall.restartable) return;
    task->syscall.restartable = false;
    switch (-(int64_t)*rax) {
    case ERESTARTNOINTR: restart = true; break;
    case ERESTARTSYS: restart = !handled || (flags & SA_RESTART); break;
    case ERESTARTNOHAND:
    case ERESTART_RESTARTBLOCK: break;
    default: return;
    }
    if (!restart) {
        *rax = (uint64_t)-EINTR;
    } else {
        go_back(task, *rax == (uint64_t)-ERESTART_RESTARTBLOCK ? NR_RESTART_SYSCALL : task->syscall.number);
    }
}

/* A frame that cannot be written ends in SIGSEGV; if that was the signal, by the default action. */
static void frame_failed(struct task *task, int signo) {
    const struct guest_siginfo info = signal_info(SIGSEGV, SI_KERNEL);
    if (signo == SIGSEGV) deliver_end(task, &info);
    else signal_force(task, &info);
}

static sigset_bits mask_to_save(struct task *task) {
    const uint32_t before = atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_RESTORE_MASK);
    return before & ATTENTION_RESTORE_MASK ? task->saved_mask : task->blocked;
}

static void run_handler(struct task *task, const struct delivery *delivery) {
    const struct guest_sigaction *action = &delivery->action;
    if (UNLIKELY(task->kernel->options.strace != NULL)) strace_signal(task, &delivery->info);
    resolve_restart(task, true, action->flags);
    const sigset_bits saved = mask_to_save(task);
    ptrace_hide_step(task);
    if (sigframe_push(task, delivery, saved) < 0) {
        frame_failed(task, delivery->signo);
        return;
    }
    const sigset_bits own = action->flags & SA_NODEFER ? 0 : sig_bit(delivery->signo);
    signal_set_blocked(task, task->blocked | action->mask | own);
    ptrace_handler_entered(task);
}

static bool fence_asked(const struct task *task) {
    return (atomic_load(&task->attention) & ATTENTION_FENCE) != 0;
}

static void take_host_signals(struct task *task) {
    const struct kernel_options *options = &task->kernel->options;
    if (!(atomic_load(&task->attention) & ATTENTION_HOST)) return;
    atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_HOST);
    options->take(options->callback_arg);
}

/* The way back to guest code when there is something to look at. */
static void attend(struct task *task) {
    struct delivery delivery;
    sched_interrupt_clear(&task->sched);
    if (fence_asked(task)) membarrier_pass(task);
    take_host_signals(task);
    while (deliver_next(task, &delivery)) run_handler(task, &delivery);
    if (task->exiting) return;
    resolve_restart(task, false, 0);
    task_restore_mask(task);
}

static bool needs_attention(const struct task *task) {
    return atomic_load_explicit(&task->attention, memory_order_acquire) != 0 || task->syscall.restartable;
}

/* Instructions until somebody else has a say. 0: one had it already, and the thread looks at its attention again. *is_cut: it is only the
 * debugger, of whom the scheduler is to hear nothing. */
static int64_t budget_of(struct task *task, bool *is_cut) {
    struct debugger *debugger = task->kernel->options.debugger;
    const int64_t most = UNLIKELY(debugger != NULL) ? debugger->before_run(debugger, task) : INT64_MAX;
    const bool is_decided = task->cpu->tlb.tap_passes && task->kernel->options.tap;
    const int64_t left = is_decided ? 1 : sched_budget(&task->sched);
    if (UNLIKELY(left == 0)) sched_tick(&task->sched);
    *is_cut = most < left;
    return *is_cut ? most : left;
}

/* A loop that comes back to the same access with the same registers waits for somebody else. */
static bool loops_in_vain(struct task *task) {
    enum { SPINS = sizeof task->spins / sizeof task->spins[0] };
    const struct cpu_state *state = &task->cpu->state;
    uint64_t now = state->rip;
    for (int i = 0; i < GPR_ZERO; i++) now = (now ^ state->gpr[i]) * 0x9e3779b97f4a7c15, now ^= now >> 29;
    for (int i = 0; i < SPINS; i++) {
        if (task->spins[i] == now) return true;
    }
    memmove(&task->spins[1], &task->spins[0], (SPINS - 1) * sizeof task->spins[0]);
    task->spins[0] = now;
    return false;
}

/* Others may go on before an access that the machine's tap stopped; then one instruction passes. A debugger's is nobody's business. */
static void decide_access(struct task *task) {
    struct tlb *tlb = &task->cpu->tlb;
    tlb->tap_passes = true;
    if (!task->kernel->options.tap) return;
    const struct strategy_event event = {.kind = STRATEGY_ACCESS, .write = (tlb->tapped_access & MEM_WRITE) != 0, .size = tlb->tapped_size,
                                         .address = tlb->tapped_gva};
    const struct kernel_options *options = &task->kernel->options;
    if (options->access) options->access(options->access_arg, task, &event);
    if (!options->access && loops_in_vain(task)) sched_give_way(&task->sched);
    else sched_point(&task->sched, &event);
}

/* Whether threads can notice the call beside its effect on memory. */
static bool is_noticed(const struct syscall_row *row) {
    switch (row->class) {
    case SYSCALL_FILE:
    case SYSCALL_NET:
    case SYSCALL_FUTEX:
    case SYSCALL_IPC: return true;
    case SYSCALL_SIGNAL: return row->n_args == 2 || row->n_args == 3; /* kill and its like, not masks and actions */
    default: return false;
    }
}

/* Futex calls on different words do not touch each other; of other calls the number is all we know. exit_group is the end of others. */
static void decide_call(struct task *task) {
    enum { NR_FUTEX = 202, NR_EXIT_GROUP = 231 };
    const uint64_t *gpr = task->cpu->state.gpr;
    const struct syscall_row *row = syscall_row(gpr[RAX]);
    struct strategy_event event = {.kind = STRATEGY_CALL, .address = gpr[RAX] == NR_FUTEX ? gpr[RDI] : gpr[RAX]};
    if (!row || (!is_noticed(row) && gpr[RAX] != NR_EXIT_GROUP)) event.kind = STRATEGY_RUN;
    sched_point(&task->sched, &event);
}

void task_run(struct task *task) {
    const struct kernel_options *options = &task->kernel->options;
    const struct engine *engine = options->engine;
    struct cpu *cpu = task->cpu;
    cpu->yield_on_pause = scheduler_is_serial(task->kernel->scheduler);
    while (!task->exiting) {
        while (needs_attention(task) && !task->exiting) attend(task);
        if (task->exiting) break;
        bool is_cut;
        cpu->budget = budget_of(task, &is_cut);
        if (UNLIKELY(cpu->budget == 0)) continue;
        const enum exit why = UNLIKELY(cpu->tlb.tap != NULL) ? engine_interp.run(cpu) : engine->run(cpu);
        cpu->tlb.tap_passes = false;
        sched_ran(&task->sched, cpu->retired);
        task->syscall.is_current = why == EXIT_SYSCALL;
        if (fence_asked(task)) membarrier_pass(task); /* before a call that may sleep: someone waits */
        switch (why) {
        case EXIT_SYSCALL:
            if (UNLIKELY(options->at_call != NULL)) options->at_call(options->at_call_arg, &cpu->state, cpu->retired);
            decide_call(task);
            sched_spend(&task->sched, SYSCALL_NS);
            dispatch(task);
            break;
        case EXIT_EXCEPTION: exception_raise(task); break;
        case EXIT_TAPPED: decide_access(task); break;
        case EXIT_BUDGET:
            if (LIKELY(!is_cut)) sched_tick(&task->sched);
            break;
        case EXIT_YIELD: sched_yield_turn(&task->sched); break;
        case EXIT_BREAKPOINT: task->kernel->options.debugger->breakpoint(task->kernel->options.debugger, task); break;
        default: break;
        }
    }
    if (cpu->env->counting) log_verbose(task->kernel->log, "thread %d retired %" PRIu64 " instructions", task_tid(task), cpu->retired);
    if (task->kernel->options.strace) strace_end(task);
    engine->fini(cpu);
}
