/* SPDX-License-Identifier: ISC */
/* Transfers of control.
 *
 * Direct branches go to code inside the unit, or to an exit that is later linked to its target.
 * A guest call is a host call, so that the host predicts the return. It brings the guest's return address in R10 (a direct call) or
 * in thread.return_to (an indirect one), and the callee's entry stores it over the host's. Behind the call is a landing.
 * A guest return looks its address up in the return table, puts the landing's host address on the stack and returns.
 * Indirect jumps and calls go through tables, too. Whatever does brings the guest's address in R11, with R10 free; landings check it, since different addresses share a slot.
 * In code that counts R11 is not free: the guest's address comes in thread.jump. */
#include "cpu/jit/x86_64/emit.h"
#include "cpu/jit/x86_64/emit_count.h"
#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/stubs.h"
#include "cpu/jit/x86_64/thread.h"

static uint64_t exit_address(const struct jit_space *space, enum jit_exit_kind kind) {
    return jit_space_address(space, space->exits[kind].stub);
}

/* --- Branches to other units --- */

/* NOPs, so that the rel32 after `opcode` bytes can be patched by one atomic store: it must not cross a cache line. */
static void align_site(struct assembler *a, unsigned opcode) {
    const unsigned at = (unsigned)(asm_here(a) + opcode) & 63;
    if (at > 60) asm_nop(a, 64 - at);
}

/* A rel32 to pc's code: for now to an exit, whose stub emit_cold writes. */
static void external_rel32(struct emitter *e, enum jit_exit_kind kind, uint64_t pc) {
    const uint32_t exit = jit_space_new_exit(e->space, kind, pc);
    const uint32_t site = emitter_offset(e);
    e->space->exits[exit].site = site;
    e->link[e->n_links++] = (struct emitter_link){exit, site};
    asm_i32(&e->a, 0);
}

static void external_jump(struct emitter *e, uint64_t pc) {
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
    e->cold[e->n_cold++] = (struct emitter_cold){e->a.at, (uint16_t)e->i};
    asm_i32(&e->a, 0);
}

void emit_go_to(struct emitter *e, uint64_t pc) {
    const int target = unit_index(e->plan, pc);
    if (target >= 0) {
        internal(e, (unsigned)target, 0xeb);
    } else {
        emit_spill(e);
        external_jump(e, pc);
    }
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
    if (e->dirty || e->counter != R11) put_off(e);
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

/* --- Landings --- */

static bool fits_positive(uint64_t pc) {
    return pc <= INT32_MAX;
}

#define JUMP jit_thread_at(&jit_thread.jump)

/* cmp qword fs:[jump], pc */
static void compare_jump(struct assembler *a, uint64_t pc) {
    if (fits_positive(pc)) {
        asm_bytes(a, "\x64\x48\x81\x3c\x25", 5);
        asm_i32(a, JUMP);
        asm_i32(a, (int64_t)pc);
    } else {
        asm_move_immediate(a, R10, pc);
        asm_fs(a, 0x39, R10, JUMP);
    }
}

/* Goes to `miss` unless the guest's address is pc. */
static void check_plain(struct assembler *a, uint64_t pc, uint64_t miss, bool counting) {
    if (counting) {
        compare_jump(a, pc);
    } else if (fits_positive(pc)) {
        asm_bytes(a, "\x49\x81\xfb", 3); /* cmp r11, imm32 */
        asm_i32(a, (int64_t)pc);
    } else {
        asm_move_immediate(a, R10, pc);
        asm_bytes(a, "\x4d\x39\xd3", 3); /* cmp r11, r10 */
    }
    asm_jcc(a, 5, miss);
}

/* The same without touching flags. */
static void check_jump_keeping_flags(struct assembler *a, uint64_t pc, uint64_t miss) {
    const int32_t saved = jit_thread_at(&jit_thread.saved);
    asm_store_fs(a, RCX, saved);
    asm_load_fs(a, RCX, JUMP);
    asm_move_immediate(a, R10, -pc);
    asm_bytes(a, "\x4a\x8d\x0c\x11", 4); /* lea rcx, [rcx + r10] */
    asm_bytes(a, "\xe3\x0e", 2);         /* jrcxz over the next two */
    asm_load_fs(a, RCX, saved);
    asm_jump(a, miss);
    asm_load_fs(a, RCX, saved);
}

/* RCX = 1 if R11 is pc, else 0, by instructions that leave flags alone: PEXT of the distance by itself is 0 for 0 and else a number
 * of ones, which as a shift count (modulo 64) is never 0. Predicted not to jump; a JRCXZ that did would cost a taken branch. */
static void check_keeping_flags(struct assembler *a, const struct jit_space *space, uint64_t pc, uint64_t trampoline) {
    asm_mov(a, R10, RCX);
    if (fits_positive(pc)) {
        asm_bytes(a, "\x49\x8d\x8b", 3); /* lea rcx, [r11 - pc] */
        asm_i32(a, -(int64_t)pc);
    } else {
        asm_move_immediate(a, RCX, -pc);
        asm_bytes(a, "\x4a\x8d\x0c\x19", 4); /* lea rcx, [rcx + r11] */
    }
    asm_bytes(a, "\xc4\xe2\xf2\xf5\xc9", 5); /* pext rcx, rcx, rcx */
    asm_bytes(a, "\xc4\xe2\xf3\xf7\x0d", 5); /* shrx rcx, [one], rcx */
    asm_rel32(a, jit_space_address(space, space->one));
    asm_byte(a, 0xe3); /* jrcxz */
    asm_byte(a, (unsigned)(trampoline - (asm_here(a) + 1)) & 0xff);
    asm_mov(a, RCX, R10);
}

static uint64_t restoring_miss(const struct jit_space *space, enum jit_exit_kind miss) {
    return exit_address(space, miss) - JIT_MISS_RESTORES;
}

/* In front of a landing that nothing runs into. Returns its address. */
static uint64_t put_trampoline(struct assembler *a, const struct jit_space *space, enum jit_exit_kind miss, bool flags_dead) {
    const uint64_t at = asm_here(a);
    if (!flags_dead && !space->counting) asm_jump(a, restoring_miss(space, miss));
    return at;
}

/* In front of a call, as the last five bytes of a NOP: 0F 1F /0 with SIB E9 and a displacement. */
static void hide_trampoline(struct emitter *e, bool flags_dead) {
    if (flags_dead || e->space->counting) return;
    asm_bytes(&e->a, "\x0f\x1f\x84", 3);
    e->trampoline = put_trampoline(&e->a, e->space, JIT_EXIT_RETURN_MISS, false);
}

static void check(struct assembler *a, const struct jit_space *space, uint64_t pc, enum jit_exit_kind miss, bool flags_dead,
                  uint64_t trampoline) {
    const uint64_t to = exit_address(space, miss);
    if (flags_dead) check_plain(a, pc, to, space->counting);
    else if (space->counting) check_jump_keeping_flags(a, pc, to);
    else check_keeping_flags(a, space, pc, trampoline);
}

/* The guest's return address stays where RET left it. */
static void return_landing(struct assembler *a, const struct jit_space *space, uint64_t pc, bool flags_dead,
                           uint64_t trampoline) {
    check(a, space, pc, JIT_EXIT_RETURN_MISS, flags_dead, trampoline);
    if (!space->counting) {
        asm_bytes(a, "\x4c\x89\x5c\x24\xf8", 5); /* mov [rsp - 8], r11 */
    } else if (fits_positive(pc)) {
        asm_bytes(a, "\x48\xc7\x44\x24\xf8", 5); /* mov qword [rsp - 8], imm32 */
        asm_i32(a, (int64_t)pc);
    } else {
        asm_move_immediate(a, R10, pc);
        asm_bytes(a, "\x4c\x89\x54\x24\xf8", 5); /* mov [rsp - 8], r10 */
    }
}

/* mov [rsp], r10 */
static void store_return_address(struct assembler *a) {
    asm_bytes(a, "\x4c\x89\x14\x24", 4);
}

static void call_landing(struct assembler *a, const struct jit_space *space, uint64_t pc, bool flags_dead,
                         uint64_t trampoline) {
    check(a, space, pc, JIT_EXIT_CALL_MISS, flags_dead, trampoline);
    asm_load_fs(a, R10, jit_thread_at(&jit_thread.return_to));
}

void emit_first_landing(struct emitter *e) {
    const uint64_t pc = e->plan->insn[0].pc;
    const bool dead = unit_flags_dead(e->plan, 0);
    if (e->way != JIT_BY_JUMP && e->way != JIT_BY_CALL) return;
    const enum jit_exit_kind miss = e->way == JIT_BY_JUMP ? JIT_EXIT_JUMP_MISS : JIT_EXIT_CALL_MISS;
    const uint64_t trampoline = put_trampoline(&e->a, e->space, miss, dead);
    e->landing = emitter_offset(e);
    e->lost = dead ? RFLAGS_ARITH : 0;
    if (e->way == JIT_BY_JUMP) {
        check(&e->a, e->space, pc, miss, dead, trampoline);
        return;
    }
    call_landing(&e->a, e->space, pc, dead, trampoline);
    e->call_entry = emitter_offset(e);
    store_return_address(&e->a);
}

static uint32_t finish_landing(struct jit_space *space, struct assembler *a, uint32_t start, uint64_t body) {
    asm_jump(a, body);
    space->used = jit_space_offset(space, asm_here(a) + 15) & ~15u;
    return start;
}

uint32_t emit_landing(struct jit_space *space, enum jit_way way, uint64_t pc, uint64_t body, bool flags_dead) {
    static const enum jit_exit_kind misses[] = {[JIT_BY_JUMP] = JIT_EXIT_JUMP_MISS, [JIT_BY_CALL] = JIT_EXIT_CALL_MISS,
                                                [JIT_BY_RETURN] = JIT_EXIT_RETURN_MISS};
    struct assembler a = jit_space_assembler(space);
    const uint64_t trampoline = put_trampoline(&a, space, misses[way], flags_dead);
    const uint32_t start = jit_space_offset(space, asm_here(&a));
    if (way == JIT_BY_RETURN) {
        return_landing(&a, space, pc, flags_dead, trampoline);
    } else if (way == JIT_BY_CALL) {
        call_landing(&a, space, pc, flags_dead, trampoline);
        store_return_address(&a);
    } else {
        check(&a, space, pc, JIT_EXIT_JUMP_MISS, flags_dead, trampoline);
    }
    return finish_landing(space, &a, start, body);
}

uint32_t emit_call_entry(struct jit_space *space, uint64_t body) {
    struct assembler a = jit_space_assembler(space);
    store_return_address(&a);
    return finish_landing(space, &a, space->used, body);
}

/* --- Look-ups --- */

/* What code adds to the window's base to address the data area. */
static int64_t in_window(const struct emitter *e, const void *at) {
    return (int64_t)((uint64_t)(uintptr_t)at - e->space->base);
}

/* Holds the target of an indirect branch at its look-up. */
static unsigned target_register(const struct emitter *e) {
    return e->space->counting ? R10 : R11;
}

/* pext r10, target, [mask] */
static void index_of(struct emitter *e, const uint64_t *mask) {
    struct assembler *a = &e->a;
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\xc4\x62", 2);
    asm_byte(a, 0x82 | (~target_register(e) & 15) << 3);
    asm_bytes(a, "\xf5\x14\x25", 3);
    asm_i32(a, in_window(e, mask));
}

/* Faults unless the target is an address that a user may have. The processor would not even branch to one that is not canonical, so the
 * fault must be the branch's, before it has done anything. */
static void check_target(struct emitter *e) {
    struct assembler *a = &e->a;
    index_of(e, e->space->high_mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x4e\x8b\x14\xd5", 4); /* mov r10, [r10 * 8 + guard] */
    asm_i32(a, JIT_GUARD_AT);
}

/* jmp or call [r10 * 8 + table], with the index from the target */
static void go_by_table(struct emitter *e, enum jit_way way) {
    struct assembler *a = &e->a;
    index_of(e, e->space->targets[way].mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, way == JIT_BY_CALL ? "\x42\xff\x14\xd5" : "\x42\xff\x24\xd5", 4);
    asm_i32(a, in_window(e, e->space->targets[way].table));
}

static void store_return_to(struct assembler *a, uint64_t pc) {
    const int32_t at = jit_thread_at(&jit_thread.return_to);
    if (!fits_positive(pc)) {
        asm_move_immediate(a, R10, pc);
        asm_store_fs(a, R10, at);
        return;
    }
    asm_bytes(a, "\x64\x48\xc7\x04\x25", 5); /* mov qword fs:[at], imm32 */
    asm_i32(a, at);
    asm_i32(a, (int64_t)pc);
}

static bool can_load_target(const struct emitter *e, const struct unit_insn *u) {
    const struct operand *operand = &u->insn.operand[0];
    const struct mem_operand *mem = &u->insn.mem;
    if (operand->kind == OPERAND_REG) return operand->reg != RSP || !e->space->base;
    return mem->seg != SEG_FS && mem->seg != SEG_GS && mem->addr_size == 8;
}

/* reg = the operand */
static void move_target(struct emitter *e, const struct unit_insn *u, unsigned reg) {
    const struct operand *operand = &u->insn.operand[0];
    const struct mem_operand *mem = &u->insn.mem;
    struct assembler *a = &e->a;
    if (operand->kind == OPERAND_REG) {
        if (operand->reg != reg) asm_mov(a, reg, operand->reg);
        return;
    }
    struct operand_address m = {.base = mem->base, .index = mem->index, .scale = mem->scale, .disp = mem->disp};
    if (mem->rip_relative) {
        asm_move_immediate(a, reg, u->pc + u->insn.length + (uint64_t)mem->disp);
        m = (struct operand_address){.base = reg, .index = REG_NONE};
    }
    m.gs = e->space->base && m.base != RSP;
    asm_load_target(a, reg, &m);
}

/* Whether the operand has the same value once R10 and R11 have lost theirs and the counter has left its register. */
static bool stays(const struct emitter *e, const struct insn *insn) {
    const unsigned lost = 1u << R10 | 1u << R11 | (e->counter < JIT_COUNTER_IN_THREAD ? 1u << e->counter : 0);
    return !(insn_registers(insn) & lost);
}

/* thread.jump and R10 = the target, with the counter in R11. If memory changes between the two loads, the landing notices. */
static void load_target_counting(struct emitter *e, const struct unit_insn *u, uint64_t return_to) {
    struct assembler *a = &e->a;
    const bool reload = stays(e, &u->insn);
    if (!reload) {
        emit_store_dirty(e);
        move_target(e, u, e->counter == R10 ? R11 : R10);
        if (e->counter == R10) asm_bytes(a, "\x4d\x87\xd3", 3); /* xchg r11, r10 */
        else count_give(e);
        emitter_record_spilled(e);
    } else {
        emit_spill(e);
        emitter_record_spilled(e);
        move_target(e, u, R10);
    }
    asm_store_fs(a, R10, JUMP);
    check_target(e);
    if (return_to) store_return_to(a, return_to);
    if (reload) move_target(e, u, R10);
    else asm_load_fs(a, R10, JUMP);
}

/* The target of an indirect jump or call where look-ups want it, and return_to where landings want it, if it is not 0. False: left to
 * the interpreter. */
static bool load_target(struct emitter *e, const struct unit_insn *u, uint64_t return_to) {
    if (!can_load_target(e, u)) return false;
    if (e->space->counting) {
        load_target_counting(e, u, return_to);
        return true;
    }
    emit_spill(e);
    emitter_record_spilled(e);
    move_target(e, u, R11);
    check_target(e);
    if (return_to) store_return_to(&e->a, return_to);
    return true;
}

static bool emit_jump_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!load_target(e, u, 0)) return false;
    go_by_table(e, JIT_BY_JUMP);
    return true;
}

/* --- Calls and returns --- */

static bool returns_to_dead_flags(const struct emitter *e) {
    return unit_falls_through(e->plan, e->i) && unit_flags_dead(e->plan, e->i + 1);
}

/* The return comes back behind the host call: a landing, then the instruction there. */
static void emit_return_landing(struct emitter *e, const struct unit_insn *u) {
    const uint64_t pc = u->pc + u->insn.length;
    const bool here = unit_falls_through(e->plan, e->i), dead = returns_to_dead_flags(e);
    e->return_host[e->n_returns] = emitter_offset(e);
    e->return_pc[e->n_returns++] = pc;
    return_landing(&e->a, e->space, pc, dead, e->trampoline);
    e->lost = dead ? RFLAGS_ARITH : 0;
    if (here) emit_fill(e);
    else external_jump(e, pc);
}

static void emit_call(struct emitter *e, const struct unit_insn *u) {
    emit_spill(e);
    emitter_record_spilled(e);
    asm_move_immediate(&e->a, R10, u->pc + u->insn.length);
    hide_trampoline(e, returns_to_dead_flags(e));
    align_site(&e->a, 1);
    asm_byte(&e->a, 0xe8);
    external_rel32(e, JIT_EXIT_CALL, u->target);
    emit_return_landing(e, u);
}

static bool emit_call_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!load_target(e, u, u->pc + u->insn.length)) return false;
    hide_trampoline(e, returns_to_dead_flags(e));
    go_by_table(e, JIT_BY_CALL);
    emit_return_landing(e, u);
    return true;
}

static void write_cold(struct emitter *e, const struct emitter_cold *cold) {
    const int32_t rel = (int32_t)(asm_here(&e->a) - ((uint64_t)((intptr_t)cold->site + e->a.shift) + 4));
    memcpy(cold->site, &rel, 4);
    emit_spill(e);
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

/* mov target, [rsp] */
static void move_return_target(struct emitter *e) {
    asm_bytes(&e->a, e->space->counting ? "\x4c\x8b\x14\x24" : "\x4c\x8b\x1c\x24", 4);
}

static void load_return_target(struct emitter *e) {
    move_return_target(e);
    if (e->space->counting) asm_store_fs(&e->a, R10, JUMP);
    check_target(e);
    if (e->space->counting) move_return_target(e);
}

/* RET imm16 gives up the host's prediction. */
static void emit_return(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    emit_spill(e);
    emitter_record_spilled(e);
    load_return_target(e);
    if (u->insn.imm) {
        asm_based(a, 0x8d, RSP, RSP, (int32_t)(8 + (u->insn.imm & 0xffff)));
        go_by_table(e, JIT_BY_JUMP);
        return;
    }
    index_of(e, e->space->targets[JIT_BY_RETURN].mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x4e\x8b\x14\xd5", 4); /* mov r10, [r10 * 8 + table] */
    asm_i32(a, in_window(e, e->space->targets[JIT_BY_RETURN].table));
    asm_bytes(a, "\x4c\x89\x14\x24\xc3", 5); /* mov [rsp], r10; ret */
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
