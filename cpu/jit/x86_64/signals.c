/* SPDX-License-Identifier: ISC */
/* Turns what hits translated code into an exit with the state before a guest instruction. The host's registers are the guest's, but for
 * R10 and R11 and what lies in thread.saved, as the records say. A kick that does not come between two instructions steps the host until it
 * does. Runs in signal handlers: reads only what is published and never moves. */
#include "cpu/jit/x86_64/signals.h"

#include "cpu/jit/x86_64/code_space.h"
#include "cpu/jit/x86_64/thread.h"

#include <string.h>

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

/* --- Faults between a call's push and the store of the guest's return address, and between the two accesses of a return: another thread
 * has taken the rights away meanwhile. What is done is done, and C does the rest. --- */

static bool leave_landing(struct host_context *context, const struct jit_space *space, enum jit_exit_kind kind, uint64_t pc) {
    jit_thread.jump = pc;
    jit_thread.budget = (int64_t)host_context_gpr(context, R11);
    return leave_by(context, space, kind);
}

static bool finish_call(struct host_context *context, const struct jit_space *space, uint64_t pc) {
    jit_thread.return_to = host_context_gpr(context, R10);
    return leave_landing(context, space, JIT_EXIT_CALL_MISS, pc);
}

/* Where a return goes. */
static uint64_t return_target(const struct host_context *context, const struct jit_space *space) {
    return space->counting ? jit_thread.jump : host_context_gpr(context, R11);
}

static bool finish_return(struct host_context *context, const struct jit_space *space) {
    return leave_landing(context, space, JIT_EXIT_RETURN_MISS, return_target(context, space));
}

/* The stub of a call that is not linked: its exit's number, or JIT_NONE. */
static uint32_t call_exit_at(const struct jit_space *space, uint32_t stub) {
    for (uint32_t i = space->n_exits; i-- > 0;)
        if (space->exits[i].kind == JIT_EXIT_CALL && space->exits[i].stub == stub) return i;
    return JIT_NONE;
}

/* Outside of units: a landing, or the stub of a call. Both store by RSP: a call to it, a return 8 below. */
static bool out_of_unit(struct host_context *context, const struct jit_space *space, uint32_t offset, enum host_fault_kind kind) {
    const uint8_t *code = (const uint8_t *)space->code.write + offset;
    uint64_t pc;
    if (is_asynchronous(kind) || code[3] != 0x24) return step_on(context, kind);
    if (code[2] != 0x14) return finish_return(context, space);
    const uint32_t exit = call_exit_at(space, offset);
    if (exit != JIT_NONE) return finish_call(context, space, space->exits[exit].pc);
    memcpy(&pc, code + 9, 8); /* behind the store and the jump */
    return finish_call(context, space, pc);
}

/* At the host's RET the guest's return address is not in memory. */
static bool is_return(const struct jit_space *space, uint32_t offset) {
    return ((const uint8_t *)space->code.write)[offset] == 0xc3;
}

static bool in_unit(struct host_context *context, const struct jit_space *space, const struct jit_unit *unit,
                    uint32_t offset, enum host_fault_kind kind) {
    struct jit_record record;
    const bool is_kick = is_asynchronous(kind);
    if (!records_find(space->records + unit->records, unit->n_records, offset - unit->start, &record)) {
        return is_kick ? step_on(context, kind) : finish_call(context, space, unit->pc); /* in the landing before the first instruction */
    }
    if (record.saved == JIT_LANDING) return is_kick ? step_on(context, kind) : finish_return(context, space);
    const bool between = record.boundary && unit->start + record.host == offset;
    if (is_kick && !between && !record.biased) return step_on(context, kind);
    const bool returns = !is_kick && is_return(space, offset);
    if (returns) jit_thread.jump = return_target(context, space);
    jit_thread.fault_rip = unit->pc + (uint64_t)(int16_t)record.guest;
    settle(context, space, &record);
    return leave_by(context, space, is_kick ? JIT_EXIT_STOPPED : returns ? JIT_EXIT_RETURN_FAULTED : JIT_EXIT_FAULTED);
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
    return out_of_unit(context, space, offset, kind);
}
