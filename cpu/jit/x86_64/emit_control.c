/* SPDX-License-Identifier: ISC */
/* Direct transfers of control go to code inside the unit, or to an exit that is later linked to its target. A guest call is a host call, so
 * that the host predicts the return: it brings the guest's return address in R10, and the callee's entry stores it over the host's. Behind
 * the call is a landing (emit_landing.c). Indirect ones are in emit_indirect.c. */
#include "cpu/jit/x86_64/emit_control.h"
#include "cpu/jit/x86_64/emit_count.h"
#include "cpu/jit/x86_64/stubs.h"

/* --- Branches to other units --- */

void align_site(struct assembler *a, unsigned opcode) {
    const unsigned at = (unsigned)(asm_here(a) + opcode) & 63;
    if (at > 60) asm_nop(a, 64 - at);
}

void external_rel32(struct emitter *e, enum jit_exit_kind kind, uint64_t pc) {
    const uint32_t exit = jit_space_new_exit(e->space, kind, pc);
    const uint32_t site = emitter_offset(e);
    e->space->exits[exit].site = site;
    e->link[e->n_links++] = (struct emitter_link){exit, site};
    asm_i32(&e->a, 0);
}

void external_jump(struct emitter *e, uint64_t pc) {
    align_site(&e->a, 1);
    asm_byte(&e->a, 0xe9);
    external_rel32(e, JIT_EXIT_LINK, pc);
}

/* --- Branches inside the unit --- */

static void forward(struct emitter *e, unsigned target, bool is_short) {
    e->fixup[e->n_fixups++] = (struct emitter_fixup){e->a.at, (uint16_t)e->i, (uint16_t)target, is_short};
    if (is_short) asm_byte(&e->a, 0);
    else asm_i32(&e->a, 0);
}

/* opcode_short: 0xeb or 0x70 + cc */
static void internal(struct emitter *e, unsigned target, unsigned opcode_short) {
    const int64_t back = (int64_t)e->host[target] - (int64_t)(emitter_offset(e) + 2);
    const bool is_back = target <= e->i; /* written already */
    const bool is_short = is_back ? back >= -128 : e->is_short[e->i];
    if (is_short) asm_byte(&e->a, opcode_short);
    else if (opcode_short == 0xeb) asm_byte(&e->a, 0xe9);
    else asm_byte(&e->a, 0x0f), asm_byte(&e->a, opcode_short + 0x10);
    if (!is_back) forward(e, target, is_short);
    else if (is_short) asm_byte(&e->a, (unsigned)back & 0xff);
    else asm_rel32(&e->a, jit_space_address(e->space, e->host[target]));
}

void emitter_fix(struct emitter *e) {
    for (unsigned i = 0; i < e->n_fixups; i++) {
        const struct emitter_fixup *f = &e->fixup[i];
        const uint64_t from = (uint64_t)((intptr_t)f->at + e->a.shift) + (f->is_short ? 1 : 4);
        const int64_t distance = (int64_t)(jit_space_address(e->space, e->host[f->target]) - from);
        const int32_t rel = (int32_t)distance;
        if (!f->is_short) {
            memcpy(f->at, &rel, 4);
        } else if (distance == (int8_t)distance) {
            *f->at = (uint8_t)distance;
        } else {
            e->is_short[f->insn] = false;
            e->overflow = true;
        }
    }
}

/* A rel32 to code that emit_cold writes. */
static void put_off(struct emitter *e) {
    e->cold[e->n_cold++] = (struct emitter_cold){e->a.at, (uint16_t)e->i, (uint16_t)e->n_blocks, (uint8_t)(e->done + 1)};
    asm_i32(&e->a, 0);
}

void emit_go_to(struct emitter *e, uint64_t pc) {
    const int target = unit_index(e->plan, pc);
    if (unit_runs_on(e->plan, e->i)) return;
    if (target >= 0) {
        internal(e, (unsigned)target, 0xeb);
    } else {
        emit_spill(e);
        external_jump(e, pc);
    }
}

bool emitter_leaves_by_stub(const struct emitter *e, const struct unit_insn *u) {
    return u->insn.op == OP_JCC && unit_index(e->plan, u->target) < 0 && (e->dirty || e->counter != R11);
}

static void emit_jcc(struct emitter *e, const struct unit_insn *u) {
    const int target = unit_index(e->plan, u->target);
    if (target >= 0) {
        internal(e, (unsigned)target, 0x70 | u->insn.cc);
        return;
    }
    align_site(&e->a, 2);
    asm_byte(&e->a, 0x0f);
    asm_byte(&e->a, 0x80 | u->insn.cc);
    if (emitter_leaves_by_stub(e, u)) put_off(e);
    else external_rel32(e, JIT_EXIT_LINK, u->target);
}

/* LOOP and JRCXZ only have short displacements: over a jump, to a jump. */
static void emit_loop(struct emitter *e, const struct unit_insn *u) {
    for (unsigned i = 0; i + 1 < u->insn.length; i++) asm_byte(&e->a, u->bytes[i]);
    asm_byte(&e->a, 2);
    asm_byte(&e->a, 0xeb);
    uint8_t *over = e->a.at;
    asm_byte(&e->a, 0);
    emit_go_to(e, u->target);
    *over = (uint8_t)(e->a.at - over - 1);
}

static void emit_call(struct emitter *e, const struct unit_insn *u) {
    emit_spill(e);
    emitter_record_spilled(e);
    asm_move_guest_address(&e->a, R10, u->pc + u->insn.length);
    emit_return_trampoline(e);
    align_site(&e->a, 1);
    asm_byte(&e->a, 0xe8);
    external_rel32(e, JIT_EXIT_CALL, u->target);
    emit_return_landing(e, u);
}

static void write_cold(struct emitter *e, const struct emitter_cold *cold) {
    const int32_t rel = (int32_t)(asm_here(&e->a) - ((uint64_t)((intptr_t)cold->site + e->a.shift) + 4));
    memcpy(cold->site, &rel, 4);
    emit_spill(e);
    count_give_back(e, cold->block, cold->done);
    external_jump(e, e->plan->insn[cold->insn].target);
}

static void write_entry(struct emitter *e, const struct emitter_entry *entry) {
    e->entry_host[entry->number] = emitter_offset(e);
    emit_way_in(e, entry->insn);
    asm_jump(&e->a, jit_space_address(e->space, e->host[entry->insn]));
}

void emit_cold(struct emitter *e) {
    for (unsigned i = 0; i < e->n_cold; i++) write_cold(e, &e->cold[i]);
    for (unsigned i = 0; i < e->n_entries; i++) write_entry(e, &e->entry[i]);
    for (unsigned i = 0; i < e->n_links; i++) {
        const struct emitter_link *link = &e->link[i];
        uint8_t *site = (uint8_t *)e->space->code.write + link->site;
        e->space->exits[link->exit].stub = emitter_offset(e);
        const int32_t rel = (int32_t)(emitter_offset(e) - (link->site + 4));
        memcpy(site, &rel, 4);
        if (e->space->exits[link->exit].kind == JIT_EXIT_CALL) store_return_address(&e->a);
        asm_leave(&e->a, e->space, link->exit);
    }
}

bool emit_control(struct emitter *e) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    switch (u->info->control) {
    case CONTROL_BRANCH:
        if (u->insn.op == OP_JCC) emit_jcc(e, u);
        else emit_loop(e, u);
        return true;
    case CONTROL_JUMP: emit_go_to(e, u->target); return true;
    case CONTROL_CALL: emit_call(e, u); return true;
    case CONTROL_JUMP_IND: return emit_jump_indirect(e, u);
    case CONTROL_CALL_IND: return emit_call_indirect(e, u);
    case CONTROL_RETURN: emit_return(e, u); return true;
    default: return false;
    }
}
