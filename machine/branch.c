/* SPDX-License-Identifier: ISC */
/* The machine's side of an exploration: hooks of the kernel and the scheduler become one outcome. */
#include "machine/session.h"

#include "syscall/linux/process/task.h"
#include "syscall/linux/dispatch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SCAN_BYTES = 2048, CALL_MAX = 7, CODE_RANGES = 64 };

/* Do the bytes before a return address end in a CALL? Source: SDM 2 CALL. */
static bool follows_call(const uint8_t before[CALL_MAX]) {
    if (before[CALL_MAX - 5] == 0xe8) return true;
    for (int n = 2; n <= CALL_MAX; n++) {
        if (before[CALL_MAX - n] == 0xff && (before[CALL_MAX - n + 1] & 0x38) == 0x10) return true;
    }
    return false;
}

struct code_ranges {
    struct space_range range[CODE_RANGES];
    unsigned n;
};

static int add_code(const struct region_info *info, void *arg) {
    struct code_ranges *code = arg;
    if ((info->prot & SPACE_EXEC) && code->n < CODE_RANGES) code->range[code->n++] = (struct space_range){info->start, info->end};
    return 0;
}

static bool is_return_address(struct task *task, const struct code_ranges *code, uint64_t gva) {
    uint8_t before[CALL_MAX];
    unsigned i = 0;
    while (i < code->n && !(gva > code->range[i].start && gva < code->range[i].end)) i++;
    if (i == code->n) return false;
    return copy_from_guest(task, before, gva - CALL_MAX, CALL_MAX) == 0 && follows_call(before);
}

/* Without unwind tables: the words on the stack that can be return addresses. Old ones may be among them. */
static unsigned find_stack(struct task *task, uint64_t out[MACHINE_STACK]) {
    const struct cpu_state *state = &task->cpu->state;
    struct code_ranges code = {.n = 0};
    unsigned n = 0;
    space_walk(task_space(task), add_code, &code);
    out[n++] = state->rip;
    for (uint64_t at = state->gpr[RSP] & ~7ull, end = at + SCAN_BYTES; at < end && n < MACHINE_STACK; at += 8) {
        uint64_t word;
        if (copy_from_guest(task, &word, at, sizeof word) != 0) break;
        if (is_return_address(task, &code, word)) out[n++] = word;
    }
    return n;
}

static uint64_t mix(uint64_t key, uint64_t word) {
    struct random_stream stream = {key ^ word};
    return random_next(&stream);
}

static void add_text(struct machine_outcome *outcome, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_text(struct machine_outcome *outcome, const char *fmt, ...) {
    const size_t used = strlen(outcome->text);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(outcome->text + used, sizeof outcome->text - used, fmt, ap);
    va_end(ap);
}

/* Only the first crash counts: what the program does about it may hide it. */
void machine_note_crash(void *arg, struct task *task, const struct guest_siginfo *info) {
    struct lockstep_machine *machine = arg;
    struct machine_outcome *outcome = &machine->outcome;
    if (outcome->stack[0]) return;
    const unsigned n = find_stack(task, outcome->stack);
    outcome->ending = MACHINE_SIGNALED;
    outcome->code = info->signo;
    outcome->stack_key = mix(0, (uint64_t)info->signo);
    add_text(outcome, "thread %d: signal %d at", task_tid(task), info->signo);
    for (unsigned i = 0; i < n; i++) {
        if (i < 4) outcome->stack_key = mix(outcome->stack_key, outcome->stack[i]);
        add_text(outcome, " %#" PRIx64, outcome->stack[i]);
    }
}

static void add_wait(struct machine_outcome *outcome, struct task *task) {
    const struct syscall_row *row = syscall_row(task->syscall.number);
    uint64_t stack[MACHINE_STACK] = {0};
    const unsigned n = find_stack(task, stack);
    add_text(outcome, "%sthread %d of process %d waits in %s(%#" PRIx64 ", %#" PRIx64 ") at", *outcome->text ? "\n" : "", task_tid(task),
             task->process->pid, row ? row->name : "?", task->syscall.args[0], task->syscall.args[1]);
    uint64_t key = mix(task->syscall.number, task->syscall.args[0]);
    for (unsigned i = 0; i < n && i < 5; i++) {
        add_text(outcome, " %#" PRIx64, stack[i]);
        if (i < 3) key = mix(key, stack[i]);
    }
    outcome->stack_key ^= key;
}

static void end(struct lockstep_machine *machine) {
    struct machine_outcome *outcome = &machine->outcome;
    outcome->retired = scheduler_retired(machine->scheduler);
    outcome->n_threads = scheduler_made(machine->scheduler);
    outcome->n_questions = machine->schedule_log.n_asked;
    machine->hooks->ended(machine->hooks->arg, outcome);
}

void machine_note_end(void *arg, int status) {
    struct lockstep_machine *machine = arg;
    if (!machine->outcome.stack[0]) {
        machine->outcome.ending = status & 0x7f ? MACHINE_SIGNALED : MACHINE_EXITED;
        machine->outcome.code = status & 0x7f ? status & 0x7f : status >> 8 & 0xff;
        machine->outcome.stack_key = mix(1, (uint64_t)status);
    }
    end(machine);
}

static void all_ended(void *arg) {
    struct lockstep_machine *machine = arg;
    machine_note_end(machine, machine->kernel->init_status);
}

static void stuck(void *arg) {
    struct lockstep_machine *machine = arg;
    struct kernel *kernel = machine->kernel;
    if (kernel->init_exited) all_ended(machine); /* what the program left behind is not its end */
    machine->outcome = (struct machine_outcome){.ending = MACHINE_STUCK};
    for (int i = 0; i < KERNEL_PID_BUCKETS; i++) {
        LIST_FOR_EACH(node, &kernel->tasks_by_tid[i]) add_wait(&machine->outcome, CONTAINER_OF(node, struct task, tid_node));
    }
    end(machine);
}

static void limit_reached(void *arg) {
    struct lockstep_machine *machine = arg;
    machine->outcome = (struct machine_outcome){.ending = MACHINE_LIMIT};
    end(machine);
}

void machine_note_clone(void *arg, struct task *task) {
    struct lockstep_machine *machine = arg;
    if (machine->has_branched) return;
    machine->has_branched = true;
    machine->hooks->branch(machine->hooks->arg);
    machine_watch(machine);
    if (machine->watch) watch_begin(machine->watch, &task->cpu->tlb);
}

void machine_note_access(void *arg, const struct task *task, const struct strategy_event *event) {
    const struct lockstep_machine *machine = arg;
    const struct machine_access access = {.retired = scheduler_retired(machine->scheduler), .rip = task->cpu->state.rip, .address = event->address,
                                          .thread = scheduler_running(machine->scheduler), .size = event->size, .write = event->write};
    machine->hooks->access(machine->hooks->arg, &access);
}

void machine_watch(struct lockstep_machine *machine) {
    const struct scheduler_watch watch = {.stuck = stuck, .limit_reached = limit_reached, .ended = all_ended, .limit = machine->hooks->limit,
                                          .arg = machine};
    scheduler_set_watch(machine->scheduler, &watch);
}

void machine_reschedule(struct lockstep_machine *machine, struct strategy *strategy, struct strategy_switch *out, uint64_t room) {
    strategy_free(machine->strategy);
    machine->strategy = strategy;
    strategy_log_init(&machine->schedule_log, strategy, out, room);
    scheduler_set_strategy(machine->scheduler, &machine->schedule_log.strategy);
}

void machine_get_ready(struct lockstep_machine *machine, unsigned n_threads) {
    scheduler_keep_stacks(machine->scheduler, n_threads);
    frame_pool_open_ahead(machine->frame_pool);
}

void machine_log_schedule(struct lockstep_machine *machine, struct strategy_switch *out, uint64_t room) {
    strategy_log_init(&machine->schedule_log, machine_session_strategy(machine, machine->chosen), out, room);
    scheduler_set_strategy(machine->scheduler, &machine->schedule_log.strategy);
}

uint64_t machine_switches(const struct lockstep_machine *machine) {
    return machine->schedule_log.n;
}
