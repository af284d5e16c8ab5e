/* SPDX-License-Identifier: ISC */
/* The only place that writes a call's result. A call that asks for a restart leaves task->syscall.restartable set. */
#include "syscall/linux/dispatch.h"
#include "syscall/linux/handlers.h"
#include "syscall/linux/strace.h"

#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/task.h"

#define A0() 0, {0}
#define A1(a) 1, {KIND_##a}
#define A2(a, b) 2, {KIND_##a, KIND_##b}
#define A3(a, b, c) 3, {KIND_##a, KIND_##b, KIND_##c}
#define A4(a, b, c, d) 4, {KIND_##a, KIND_##b, KIND_##c, KIND_##d}
#define A5(a, b, c, d, e) 5, {KIND_##a, KIND_##b, KIND_##c, KIND_##d, KIND_##e}
#define A6(a, b, c, d, e, f) 6, {KIND_##a, KIND_##b, KIND_##c, KIND_##d, KIND_##e, KIND_##f}

static const struct syscall_row rows[] = {
#define S(number, name, handler, class, result, args, man) \
    [number] = {#name, handler, SYSCALL_##class, KIND_##result, args, man},
#include "syscall/linux/table.def"
#undef S
};

const struct syscall_row *syscall_row(uint64_t number) {
    return number < ARRAY_LEN(rows) && rows[number].handler ? &rows[number] : NULL;
}

int64_t sys_enosys(struct task *task, const uint64_t args[6]) {
    const struct syscall_row *row = syscall_row(task->syscall.number);
    if (row) {
        log_verbose(task->kernel->log, "system call %s is not supported (%s)", row->name, task->comm);
    } else {
        log_verbose(task->kernel->log, "there is no system call %llu (%s)", (unsigned long long)task->syscall.number,
                    task->comm);
    }
    return -ENOSYS;
}

static bool asks_for_restart(int64_t result) {
    return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static void take_arguments(struct task *task) {
    const uint64_t *r = task->cpu->state.gpr;
    struct task_syscall *call = &task->syscall;
    call->args[0] = r[RDI];
    call->args[1] = r[RSI];
    call->args[2] = r[RDX];
    call->args[3] = r[R10];
    call->args[4] = r[R8];
    call->args[5] = r[R9];
}

/* The tracer may give the call another number and other arguments. Returns false if there is to be none. */
static bool show_entry(struct task *task) {
    task->cpu->state.gpr[RAX] = (uint64_t)-ENOSYS;
    ptrace_call(task, true);
    take_arguments(task);
    return task->syscall.is_current && !(atomic_load(&task->attention) & ATTENTION_EXIT);
}

/* It sees what a tracer sees, and may change the same. */
static void show_debugger(struct task *task) {
    task->cpu->state.gpr[RAX] = (uint64_t)-ENOSYS;
    debugger_event(task, DEBUGGER_CALL_ENTRY, 0);
    take_arguments(task);
}

/* A step over a call ends behind it, which the trap flag alone would miss. */
static void show_exit(struct task *task) {
    if (task->exiting) return;
    if (task->trace.traces_calls) {
        ptrace_call(task, false);
    } else if (task->trace.steps) {
        struct guest_siginfo info = signal_info(SIGTRAP, TRAP_BRKPT);
        info.fault.address = task->cpu->state.rip;
        signal_force(task, &info);
    }
}

/* The number is eax: Linux ignores the upper half. */
void dispatch(struct task *task) {
    struct task_syscall *call = &task->syscall;
    call->number = (uint32_t)task->cpu->state.gpr[RAX];
    call->restartable = true;
    take_arguments(task);
    if (UNLIKELY(task->trace.traces_calls) && !show_entry(task)) {
        call->restartable = false;
        show_exit(task);
        return;
    }
    if (UNLIKELY(task->kernel->options.debugger != NULL)) show_debugger(task);
    const struct syscall_row *row = syscall_row(call->number);
    const bool strace = UNLIKELY(task->kernel->options.strace != NULL);
    struct strace_call traced;
    if (strace) strace_enter(task, row, &traced);
    const int64_t result = row ? row->handler(task, call->args) : sys_enosys(task, call->args);
    if (strace) strace_exit(task, row, &traced, result);
    call->restartable = call->restartable && asks_for_restart(result);
    task->cpu->state.gpr[RAX] = (uint64_t)result;
    debugger_event(task, DEBUGGER_CALL_EXIT, 0);
    if (UNLIKELY(ptrace_is_traced(task))) show_exit(task);
}
