/* SPDX-License-Identifier: ISC */
/* Copies a unit's instructions into the code. Most are copied byte for byte: guest registers are host registers, guest memory is
 * host memory. What is not is in emit_memory.c and emit_control.c. Displacements inside the unit are guessed short where
 * the guest's were; a wrong guess translates the unit once more with long ones. */
#include "cpu/jit/x86_64/emit.h"

#include "cpu/jit/x86_64/emitter.h"
#include "cpu/jit/x86_64/stubs.h"

static const bool interpreted[OP_COUNT] = {
#define INTERPRETED(op, why) [OP_##op] = true,
#include "cpu/jit/interpreted.def"
#undef INTERPRETED
};

static bool is_interpreted(const struct unit_insn *u) {
    if (interpreted[u->insn.op] || (u->info->faults & FAULT_UD)) return true;
    return u->info->control == CONTROL_STOP && u->insn.op != OP_SYSCALL;
}

void emitter_record(struct emitter *e, unsigned saved, bool boundary) {
    struct jit_space *space = e->space;
    const struct unit_insn *u = &e->plan->insn[e->i];
    space->records[space->n_records++] = (struct jit_record){
        .host = (uint16_t)(emitter_offset(e) - e->start), .guest = (uint16_t)(u->pc - e->plan->insn[0].pc),
        .saved = (uint8_t)saved, .boundary = boundary};
}

void emitter_record_biased(struct emitter *e, unsigned biased) {
    emitter_record(e, 0, false);
    e->space->records[e->space->n_records - 1].biased = (uint8_t)biased;
}

void emitter_entry(struct emitter *e, uint64_t pc) {
    struct jit_space *space = e->space;
    space->entry_pcs[space->n_entry_pcs++] = pc;
    e->entry_host[space->n_entry_pcs - 1 - e->first_entry] = emitter_offset(e);
}

/* An instruction that leaves the translated code for C and comes back behind itself. */
static void emit_leave(struct emitter *e, enum jit_exit_kind kind, uint64_t pc) {
    asm_leave(&e->a, e->space, jit_space_new_exit(e->space, kind, pc));
}

static void emit_one(struct emitter *e) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    if (is_interpreted(u)) {
        emit_leave(e, JIT_EXIT_INTERPRET, u->pc);
    } else if (u->insn.op == OP_SYSCALL) {
        emit_leave(e, JIT_EXIT_SYSCALL, u->pc + u->insn.length);
    } else if (u->info->control != CONTROL_NEXT) {
        if (!emit_control(e)) emit_leave(e, JIT_EXIT_INTERPRET, u->pc);
    } else if (!emit_memory(e)) {
        emit_leave(e, JIT_EXIT_INTERPRET, u->pc);
    }
}

/* Whether others come to the instruction after this one, so that the map must know it. */
static bool comes_back(const struct unit_insn *u) {
    return is_interpreted(u) || u->insn.op == OP_SYSCALL || u->info->control == CONTROL_CALL ||
           u->info->control == CONTROL_CALL_IND;
}

static void find_targets(const struct unit_plan *plan, bool *is_target) {
    for (unsigned i = 0; i < plan->n; i++) {
        const int target = plan->insn[i].target ? unit_index(plan, plan->insn[i].target) : -1;
        if (target >= 0) is_target[target] = true;
    }
}

static void emit_all(struct emitter *e) {
    const struct unit_plan *plan = e->plan;
    bool entry = true, is_target[UNIT_MAX_INSNS] = {false};
    find_targets(plan, is_target);
    for (e->i = 0; e->i < plan->n; e->i++) {
        const struct unit_insn *u = &plan->insn[e->i];
        e->host[e->i] = emitter_offset(e);
        if (entry || is_target[e->i]) emitter_entry(e, u->pc);
        emitter_record(e, 0, true);
        emit_one(e);
        entry = comes_back(u);
        const bool goes_on = u->info->control != CONTROL_JUMP && u->info->control != CONTROL_JUMP_IND &&
                             u->info->control != CONTROL_RETURN && (u->info->control != CONTROL_STOP || u->insn.op == OP_SYSCALL);
        if (goes_on && !unit_falls_through(plan, e->i)) emit_go_to(e, u->pc + u->insn.length);
    }
    e->end = emitter_offset(e);
    emit_cold(e);
}

/* Once more from the start, as if nothing had been written. */
static void rewind_emitter(struct emitter *e) {
    struct jit_space *space = e->space;
    e->a = jit_space_assembler(space);
    space->n_records = e->first_record;
    space->n_exits = e->first_exit;
    space->n_entry_pcs = e->first_entry;
    e->n_fixups = e->n_cold = e->n_links = e->n_returns = 0;
    e->overflow = false;
}

static void publish(struct emitter *e, uint32_t number) {
    struct jit_space *space = e->space;
    space->units[number] = (struct jit_unit){
        .pc = e->plan->insn[0].pc, .start = e->start, .end = e->end, .record = e->first_record,
        .n_records = space->n_records - e->first_record, .links = JIT_NONE, .page_next = {JIT_NONE, JIT_NONE}, .entry = e->first_entry,
        .n_entries = space->n_entry_pcs - e->first_entry};
    atomic_store_explicit(&space->n_units, number + 1, memory_order_release);
    space->used = (emitter_offset(e) + 15) & ~15u;
}

static bool enter_addresses(struct emitter *e, uint32_t number) {
    struct jit_space *space = e->space;
    for (uint32_t i = 0; i < space->units[number].n_entries; i++) {
        if (!jit_map_add(&space->map, space->entry_pcs[e->first_entry + i], e->entry_host[i], number)) return false;
    }
    for (unsigned i = 0; i < e->n_returns; i++) {
        if (!jit_targets_add(&space->returns, e->return_pc[i], e->return_host[i], number)) return false;
    }
    for (unsigned i = 0; i < e->n_links; i++) {
        const struct jit_entry *entry = jit_map_find(&space->map, space->exits[e->link[i].exit].pc);
        if (entry) jit_space_link(space, e->link[i].exit, entry);
    }
    return true;
}

uint32_t emit_unit(struct jit_space *space) {
    struct emitter emitter, *e = &emitter;
    const uint32_t number = atomic_load_explicit(&space->n_units, memory_order_relaxed);
    *e = (struct emitter){.space = space, .plan = &space->plan, .unit = number, .start = space->used,
                          .first_record = space->n_records, .first_exit = space->n_exits, .first_entry = space->n_entry_pcs};
    for (unsigned i = 0; i < space->plan.n; i++) e->is_short[i] = space->plan.insn[i].insn.length == 2;
    do {
        rewind_emitter(e);
        emit_all(e);
        emitter_fix(e);
    } while (e->overflow);
    publish(e, number);
    return enter_addresses(e, number) ? number : JIT_NONE;
}
