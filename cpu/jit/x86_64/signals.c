/* SPDX-License-Identifier: ISC */
/* Turns what hits translated code into an exit with the state before a guest instruction. The host's registers are the guest's, but for
 * R10 and R11 and what lies in thread.saved, as the records say. A kick that does not come between two instructions steps the host until it
 * does. Runs in signal handlers: reads only what is published and never moves. */
#include "cpu/jit/x86_64/signals.h"

#include "cpu/jit/x86_64/code_space.h"
#include "cpu/jit/x86_64/thread.h"

/* On the host's stack: hosts refuse to go on with a stack pointer that is no address. */
static bool leave_by(struct host_context *context, const struct jit_space *space, enum jit_exit_kind kind) {
    jit_thread.guest_rsp = host_context_gpr(context, RSP);
    jit_thread.exit = kind;
    host_context_set_gpr(context, RSP, jit_thread.host_rsp);
    host_context_set_trap(context, false);
    host_context_set_pc(context, jit_space_address(space, space->leave_on_host_stack));
    return true;
}

static bool is_asynchronous(enum host_fault_kind kind) {
    return kind == HOST_FAULT_KICK || kind == HOST_FAULT_TRAP;
}

/* Between C and translated code: the entry, if this is on its way in, goes out again at once; the stub that reads a counter, or what it
 * calls, is stopped once it is back. */
static bool refuse_entry(struct host_context *context, const struct jit_space *space, enum host_fault_kind kind) {
    if (!is_asynchronous(kind)) return false;
    jit_thread.target = jit_space_address(space, space->exits[JIT_EXIT_KICKED].stub);
    jit_thread.is_kicked = 1;
    host_context_set_trap(context, false);
    return true;
}

static void unbias(struct host_context *context, unsigned biased, uint64_t base) {
    if (biased & 1) host_context_set_gpr(context, RDI, host_context_gpr(context, RDI) - base);
    if (biased & 2) host_context_set_gpr(context, RSI, host_context_gpr(context, RSI) - base);
}

/* Code that belongs to no instruction cannot fault. */
static bool step_on(struct host_context *context, enum host_fault_kind kind) {
    if (!is_asynchronous(kind)) return false;
    host_context_set_trap(context, true);
    return true;
}

/* A unit that uses R10 or R11 holds them in the host's. */
static void keep_cached(const struct host_context *context, unsigned cached) {
    if (cached & JIT_CACHED_R10) jit_thread.r10 = host_context_gpr(context, R10);
    if (cached & JIT_CACHED_R11) jit_thread.r11 = host_context_gpr(context, R11);
}

/* What the unit has counted ahead has not run. The register that counted gets the guest's value back. */
static void take_count(struct host_context *context, const struct jit_record *record) {
    const unsigned counter = record->counter;
    if (counter > JIT_COUNTER_IN_THREAD) {
        jit_thread.counter_vector = counter - JIT_COUNTER_IN_THREAD;
        jit_thread.budget = record->ahead;
        return;
    }
    if (counter != JIT_COUNTER_IN_THREAD) jit_thread.budget = (int64_t)host_context_gpr(context, counter);
    jit_thread.budget += record->ahead;
    if (counter < R10 || (counter > R11 && counter <= R15)) host_context_set_gpr(context, counter, jit_thread.kept);
}

/* What the record says of registers comes true in the context and the thread; only when the code is left for good. */
static void settle(struct host_context *context, const struct jit_space *space, const struct jit_record *record) {
    if (record->saved) host_context_set_gpr(context, record->saved - 1u, jit_thread.saved);
    keep_cached(context, record->cached);
    take_count(context, record);
    if (record->biased) unbias(context, record->biased, space->base);
}

static bool in_unit(struct host_context *context, const struct jit_space *space, const struct jit_unit *unit,
                    uint32_t offset, enum host_fault_kind kind) {
    struct jit_record record;
    const bool is_kick = is_asynchronous(kind);
    if (!records_find(space->records + unit->records, unit->n_records, offset - unit->start, &record)) {
        return step_on(context, kind); /* in the landing before the first instruction */
    }
    const bool between = record.boundary && unit->start + record.host == offset;
    if (is_kick && !between && !record.biased) return step_on(context, kind);
    jit_thread.fault_rip = unit->pc + record.guest;
    settle(context, space, &record);
    return leave_by(context, space, is_kick ? JIT_EXIT_STOPPED : JIT_EXIT_FAULTED);
}

bool jit_claim_fault(void *arg, struct host_context *context, enum host_fault_kind kind, uint64_t address) {
    const struct jit_space *space = jit_thread.space;
    if (!space) return kind == HOST_FAULT_KICK;
    const uint64_t distance = host_context_pc(context) - jit_space_address(space, 0);
    const uint32_t offset = (uint32_t)distance;
    if (distance < space->code.size && offset >= space->read_counter && offset < space->read_counter_end) return step_on(context, kind);
    if (distance >= space->code.size || distance < space->first_unit_at) return refuse_entry(context, space, kind);
    const struct jit_unit *unit = jit_space_unit_at(space, offset);
    if (unit && offset < unit->end) return in_unit(context, space, unit, offset, kind);
    return step_on(context, kind);
}
