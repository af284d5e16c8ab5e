/* SPDX-License-Identifier: ISC */
/* Copies a unit's instructions into the code. Most are copied byte for byte: guest registers are host registers, guest memory is
 * host memory. What is not is in emit_memory.c and emit_control.c. Displacements inside the unit are guessed short where
 * the guest's were; a wrong guess translates the unit once more with long ones. */
#include "cpu/jit/x86_64/emit.h"

#include "cpu/jit/x86_64/emit_count.h"
#include "cpu/jit/x86_64/emitter.h"
#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/stubs.h"
#include "cpu/jit/x86_64/thread.h"
#include "cpu/jit/x86_64/unit_image.h"

static const bool interpreted[OP_COUNT] = {
#define INTERPRETED(op, why) [OP_##op] = true,
#include "cpu/jit/interpreted.def"
#undef INTERPRETED
};

static bool is_interpreted(const struct emitter *e, const struct unit_insn *u) {
    if (emit_reads_counter(e, u)) return false;
    if (interpreted[u->insn.op] || (u->info->faults & FAULT_UD)) return true;
    if (e->space->counting && u->insn.op == OP_PAUSE) return true; /* may be where a scheduler takes over */
    return u->info->control == CONTROL_STOP && u->insn.op != OP_SYSCALL;
}

void emitter_record(struct emitter *e, unsigned saved, bool boundary) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    e->record[e->n_records++] = (struct jit_record){
        .host = (uint16_t)(emitter_offset(e) - e->start), .guest = (uint16_t)(u->pc - e->plan->insn[0].pc),
        .saved = (uint8_t)saved, .boundary = boundary, .cached = e->cached & 3, .counter = (uint8_t)e->counter, .ahead = (int8_t)-(int)e->done};
}

void emitter_record_spilled(struct emitter *e) {
    emitter_record(e, 0, false);
    e->record[e->n_records - 1].cached = 0;
    e->record[e->n_records - 1].counter = R11;
}

static void move_cached(struct emitter *e, unsigned which, unsigned opcode) {
    if (which & JIT_CACHED_R10) asm_fs(&e->a, opcode, R10, jit_thread_at(&jit_thread.r10));
    if (which & JIT_CACHED_R11) asm_fs(&e->a, opcode, R11, jit_thread_at(&jit_thread.r11));
}

void emit_store_dirty(struct emitter *e) {
    move_cached(e, e->dirty, 0x89);
}

void emit_spill(struct emitter *e) {
    emit_store_dirty(e);
    count_give(e);
}

void emit_fill(struct emitter *e) {
    count_take(e);
    move_cached(e, e->cached, 0x8b);
}

void emitter_record_biased(struct emitter *e, unsigned biased) {
    emitter_record(e, 0, false);
    e->record[e->n_records - 1].biased = (uint8_t)biased;
}

uint32_t emitter_entry(struct emitter *e, uint64_t pc) {
    struct jit_space *space = e->space;
    const uint32_t number = space->n_entries++ - e->first_entry;
    space->entry_offsets[e->first_entry + number] = (uint16_t)(pc - e->plan->insn[0].pc);
    e->entry_host[number] = emitter_offset(e);
    return number;
}

void emit_leave(struct emitter *e, enum jit_exit_kind kind, uint64_t pc) {
    emit_spill(e);
    asm_leave(&e->a, e->space, jit_space_new_exit(e->space, kind, pc));
    emitter_record_spilled(e); /* until what comes back has loaded them */
}

/* False: it must be left to the interpreter. */
static bool emit_translated(struct emitter *e, const struct unit_insn *u) {
    if (is_interpreted(e, u)) return false;
    if (u->insn.op == OP_SYSCALL) emit_leave(e, JIT_EXIT_SYSCALL, u->pc + u->insn.length);
    else if (emit_reads_counter(e, u)) emit_counter(e, u);
    else if (u->info->control != CONTROL_NEXT) return emit_control(e);
    else return emit_memory(e);
    return true;
}

static void emit_one(struct emitter *e) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    if (emit_translated(e, u)) {
        count_after(e);
    } else {
        count_close(e); /* before it: the interpreter counts it */
        emit_leave(e, JIT_EXIT_INTERPRET, u->pc);
    }
}

/* Whether C comes back behind it, and nothing else does. */
static bool comes_back(const struct emitter *e, const struct unit_insn *u) {
    return is_interpreted(e, u) || u->insn.op == OP_SYSCALL;
}

static bool is_call(const struct unit_insn *u) {
    return u->info->control == CONTROL_CALL || u->info->control == CONTROL_CALL_IND;
}

static void find_targets(const struct unit_plan *plan, bool *is_target) {
    for (unsigned i = 0; i < plan->n; i++) {
        const int target = plan->insn[i].target ? unit_index(plan, plan->insn[i].target) : -1;
        if (target >= 0) is_target[target] = true;
        if (i + 1 < plan->n && is_call(&plan->insn[i])) is_target[i + 1] = true;
    }
}

static void find_cached(struct emitter *e) {
    for (unsigned i = 0; i < e->plan->n; i++) {
        const struct insn *insn = &e->plan->insn[i].insn;
        if (comes_back(e, &e->plan->insn[i])) continue;
        e->cached |= insn_registers(insn) >> R10 & 3;
        e->dirty |= insn_written_registers(insn) >> R10 & 3;
    }
}

unsigned emitter_idle_register(const struct emitter *e) {
    const bool counts = e->space->counting;
    if (!(e->cached & JIT_CACHED_R11) && !(counts && e->counter == R11)) return R11;
    if (!(e->cached & JIT_CACHED_R10) && !(counts && e->counter == R10)) return R10;
    return REG_NONE;
}

void emit_way_in(struct emitter *e, unsigned insn) {
    count_entry(e, insn);
    emit_fill(e);
}

/* Makes the current instruction an address that the map knows. From outside, R10 and R11 are still to be loaded: here, if
 * nothing runs into this place, or by code out of the way. */
static void make_entry(struct emitter *e, bool from_outside_only) {
    const uint64_t pc = e->plan->insn[e->i].pc;
    const uint32_t number = emitter_entry(e, pc);
    if (from_outside_only) emit_way_in(e, e->i);
    else if (e->cached || (e->space->counting && !e->checks[e->i])) e->entry[e->n_entries++] = (struct emitter_entry){number, (uint16_t)e->i};
}

/* Control goes on behind the instruction: to the next place, wherever that is. */
static bool goes_on(const struct emitter *e, const struct unit_insn *u) {
    switch (u->info->control) {
    case CONTROL_JUMP: case CONTROL_JUMP_IND: case CONTROL_RETURN: return false;
    case CONTROL_STOP: return comes_back(e, u);
    default: return true;
    }
}

static void emit_insn(struct emitter *e, bool is_target) {
    const struct unit_plan *plan = e->plan;
    const struct unit_insn *u = &plan->insn[e->i];
    const bool alone = e->i == 0 || comes_back(e, &plan->insn[e->i - 1]);
    if (e->i == 0) emit_first_landing(e);
    if (is_target) count_close(e);
    if ((alone && !u->is_copy) || is_target) make_entry(e, alone);
    if ((alone || is_target) && count_entry_spoils(e, e->i)) e->lost = RFLAGS_ARITH;
    e->host[e->i] = emitter_offset(e);
    emitter_record(e, 0, !e->lost);
    if (!is_interpreted(e, u)) count_before(e);
    e->lost = unit_flags_lost(u, e->lost);
    emit_one(e);
    if (!goes_on(e, u) || unit_falls_through(plan, e->i)) return;
    count_close(e);
    if (comes_back(e, u) || is_call(u)) return; /* C finds the way; a call's landing has it */
    emit_go_to(e, u->pc + u->insn.length);
}

static void emit_all(struct emitter *e) {
    bool is_target[UNIT_MAX_INSNS] = {false};
    find_targets(e->plan, is_target);
    count_prepare(e, is_target);
    for (e->i = 0; e->i < e->plan->n; e->i++) emit_insn(e, is_target[e->i]);
    count_close(e);
    e->end = emitter_offset(e);
    emit_cold(e);
    count_cold(e);
}

/* Once more from the start, as if nothing had been written. */
static void rewind_emitter(struct emitter *e) {
    struct jit_space *space = e->space;
    e->a = jit_space_assembler(space);
    if (space->store) {
        notes_start(&e->notes, e->a.at);
        e->a.notes = &e->notes;
    }
    space->n_exits = e->first_exit;
    space->n_entries = e->first_entry;
    e->n_records = e->n_fixups = e->n_cold = e->n_links = e->n_returns = e->n_entries = e->lost = 0;
    e->n_blocks = e->n_outs = e->done = 0;
    e->is_open = false;
    e->overflow = false;
}

static bool has_indirect_jump(const struct unit_plan *plan) {
    for (unsigned i = 0; i < plan->n; i++)
        if (plan->insn[i].info->control == CONTROL_JUMP_IND) return true;
    return false;
}

/* The unit is complete, but for the maps. */
static struct unit_parts parts_of(struct emitter *e) {
    struct jit_space *space = e->space;
    const size_t record_bytes = records_pack(space->records + space->n_record_bytes, e->record, e->n_records);
    return (struct unit_parts){
        .pc = e->plan->insn[0].pc, .start = e->start, .end = e->end, .after = emitter_offset(e), .first_exit = e->first_exit,
        .first_entry = e->first_entry, .n_records = e->n_records, .record_bytes = (uint32_t)record_bytes, .way = e->way,
        .landing = e->landing, .call_entry = e->call_entry, .entry_host = e->entry_host, .n_returns = e->n_returns,
        .return_pc = e->return_pc, .return_host = e->return_host, .jumps = has_indirect_jump(e->plan)};
}

uint32_t emit_unit(struct jit_space *space, enum jit_way way, struct jit_image **image) {
    struct emitter emitter, *e = &emitter;
    memset(e, 0, offsetof(struct emitter, host));
    e->space = space;
    e->plan = &space->plan;
    e->way = way;
    e->start = space->used;
    e->first_exit = space->n_exits;
    e->first_entry = space->n_entries;
    find_cached(e);
    for (unsigned i = 0; i < space->plan.n; i++) e->is_short[i] = space->plan.insn[i].insn.length == 2;
    do {
        rewind_emitter(e);
        emit_all(e);
        emitter_fix(e);
    } while (e->overflow);
    const struct unit_parts parts = parts_of(e);
    *image = space->store ? unit_image_make(space, &parts, &e->notes) : NULL;
    return unit_publish(space, &parts);
}
