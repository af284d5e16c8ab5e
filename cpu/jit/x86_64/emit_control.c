/* SPDX-License-Identifier: ISC */
/* Transfers of control.
 *
 * Direct branches go to code inside the unit, or to an exit that is later linked to its target.
 * A guest call is a host call, so that the host predicts the return: its target, out of the straight way, stores the guest's return
 * address over the host's and goes to the callee. Behind the host call is a landing for the return.
 * A guest return looks its address up in the return table, puts the landing's host address on the stack and returns.
 * Indirect jumps and calls store their target in thread.jump and go through the jump table. Landings check thread.jump,
 * since different addresses share a slot. */
#include "cpu/jit/x86_64/emit.h"
#include "cpu/jit/x86_64/emitter.h"
#include "cpu/jit/x86_64/stubs.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

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
static void external_rel32(struct emitter *e, uint64_t pc) {
    const uint32_t exit = jit_space_new_exit(e->space, JIT_EXIT_LINK, pc);
    const uint32_t site = emitter_offset(e);
    e->space->exits[exit].site = site;
    e->link[e->n_links++] = (struct emitter_link){exit, site};
    asm_i32(&e->a, 0);
}

static void external_jump(struct emitter *e, uint64_t pc) {
    align_site(&e->a, 1);
    asm_byte(&e->a, 0xe9);
    external_rel32(e, pc);
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
    const bool is_back = target <= e->i;
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

void emit_go_to(struct emitter *e, uint64_t pc) {
    const int target = unit_index(e->plan, pc);
    if (target >= 0) internal(e, (unsigned)target, 0xeb);
    else external_jump(e, pc);
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
    external_rel32(e, u->target);
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

/* Goes to `miss` unless thread.jump is pc; R11 is free. */
static void check_plain(struct assembler *a, uint64_t pc, uint64_t miss) {
    asm_move_immediate(a, R11, pc);
    asm_fs(a, 0x39, R11, AT(jump));
    asm_jcc(a, 5, miss);
}

/* The same without touching flags. */
static void check_keeping_flags(struct assembler *a, uint64_t pc, uint64_t miss) {
    asm_store_fs(a, RCX, AT(saved_rcx));
    asm_move_immediate(a, R11, -pc);
    asm_load_fs(a, RCX, AT(jump));
    asm_bytes(a, "\x4a\x8d\x0c\x19", 4); /* lea rcx, [rcx + r11] */
    asm_bytes(a, "\xe3\x0e", 2);         /* jrcxz over the next two */
    asm_load_fs(a, RCX, AT(saved_rcx));
    asm_jump(a, miss);
    asm_load_fs(a, RCX, AT(saved_rcx));
    asm_move_immediate(a, R11, pc);
}

static void check(struct assembler *a, uint64_t pc, uint64_t miss, bool flags_dead) {
    if (flags_dead) check_plain(a, pc, miss);
    else check_keeping_flags(a, pc, miss);
}

/* The guest's return address stays where RET left it. */
static void return_landing(struct assembler *a, const struct jit_space *space, uint64_t pc, bool flags_dead) {
    check(a, pc, exit_address(space, JIT_EXIT_RETURN_MISS), flags_dead);
    asm_bytes(a, "\x4c\x89\x5c\x24\xf8", 5); /* mov [rsp - 8], r11 */
    asm_load_fs(a, R11, AT(saved));
}

uint64_t emit_jump_landing(struct jit_space *space, uint64_t pc, uint64_t body, bool flags_dead) {
    struct assembler a = jit_space_assembler(space);
    const uint64_t at = asm_here(&a);
    check(&a, pc, exit_address(space, JIT_EXIT_JUMP_MISS), flags_dead);
    asm_load_fs(&a, R11, AT(saved));
    asm_jump(&a, body);
    space->used = jit_space_offset(space, asm_here(&a) + 15) & ~15u;
    return at;
}

uint64_t emit_return_landing(struct jit_space *space, uint64_t pc, uint64_t body, bool flags_dead) {
    struct assembler a = jit_space_assembler(space);
    const uint64_t at = asm_here(&a);
    return_landing(&a, space, pc, flags_dead);
    asm_jump(&a, body);
    space->used = jit_space_offset(space, asm_here(&a) + 15) & ~15u;
    return at;
}

/* --- Look-ups --- */

/* What code adds to the window's base to address the data area. */
static int64_t in_window(const struct emitter *e, const void *at) {
    return (int64_t)((uint64_t)(uintptr_t)at - e->space->base);
}

/* pext r11, source, [mask] */
static void index_of(struct emitter *e, unsigned source, const uint64_t *mask) {
    struct assembler *a = &e->a;
    if (e->space->base) asm_byte(a, 0x65);
    asm_byte(a, 0xc4);
    asm_byte(a, 0x62); /* R clear: R11; map 0F38 */
    asm_byte(a, 0x80 | (~source & 15) << 3 | 2);
    asm_byte(a, 0xf5);
    asm_bytes(a, "\x1c\x25", 2);
    asm_i32(a, in_window(e, mask));
}

/* pext r11, r11, [mask]; jmp [r11 * 8 + table] */
static void jump_by_table(struct emitter *e) {
    struct assembler *a = &e->a;
    index_of(e, R11, e->space->jumps.mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x42\xff\x24\xdd", 4);
    asm_i32(a, in_window(e, e->space->jumps.table));
}

/* thread.jump = the target of an indirect jump or call; R11 is saved and holds it. False: left to the interpreter. */
static bool load_target(struct emitter *e, const struct unit_insn *u) {
    const struct operand *operand = &u->insn.operand[0];
    struct assembler *a = &e->a;
    if (operand->kind == OPERAND_REG) {
        if (operand->reg == RSP && e->space->base) return false;
        asm_store_fs(a, R11, AT(saved));
        emitter_record(e, R11 + 1, false);
        if (operand->reg != R11) asm_mov(a, R11, operand->reg);
        asm_store_fs(a, R11, AT(jump));
        return true;
    }
    struct operand_address m = {.base = u->insn.mem.base, .index = u->insn.mem.index, .scale = u->insn.mem.scale,
                                .disp = u->insn.mem.disp};
    if (u->insn.mem.seg == SEG_FS || u->insn.mem.seg == SEG_GS || u->insn.mem.addr_size != 8) return false;
    asm_store_fs(a, R11, AT(saved));
    emitter_record(e, R11 + 1, false);
    if (u->insn.mem.rip_relative) {
        const uint64_t address = u->pc + u->insn.length + (uint64_t)u->insn.mem.disp;
        asm_move_immediate(a, R11, address);
        m = (struct operand_address){.base = R11, .index = REG_NONE};
    }
    m.gs = e->space->base && m.base != RSP;
    asm_load_target(a, R11, &m);
    asm_store_fs(a, R11, AT(jump));
    return true;
}

static bool emit_jump_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!load_target(e, u)) return false;
    jump_by_table(e);
    return true;
}

/* --- Calls and returns --- */

/* The return comes back behind the host call: a landing, then the instruction there. */
static void call_landing(struct emitter *e, const struct unit_insn *u) {
    struct jit_space *space = e->space;
    const uint64_t pc = u->pc + u->insn.length;
    const bool here = unit_falls_through(e->plan, e->i);
    const bool dead = here && unit_flags_dead(e->plan, e->i + 1);
    e->return_host[e->n_returns] = emitter_offset(e);
    e->return_pc[e->n_returns++] = pc;
    return_landing(&e->a, space, pc, dead);
}

static void host_call(struct emitter *e, bool indirect) {
    asm_byte(&e->a, 0xe8);
    e->cold[e->n_cold++] = (struct emitter_cold){e->a.at, (uint16_t)e->i, indirect};
    asm_i32(&e->a, 0);
}

static bool emit_call_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!load_target(e, u)) return false;
    host_call(e, true);
    call_landing(e, u);
    return true;
}

/* mov qword [rsp], pc */
static void store_return_address(struct assembler *a, uint64_t pc) {
    if (fits_positive(pc)) {
        asm_bytes(a, "\x48\xc7\x04\x24", 4);
        asm_i32(a, (int64_t)pc);
        return;
    }
    asm_bytes(a, "\xc7\x04\x24", 3);
    asm_i32(a, (int64_t)pc);
    asm_bytes(a, "\xc7\x44\x24\x04", 4);
    asm_i32(a, (int64_t)(pc >> 32));
}

static void write_cold_call(struct emitter *e, const struct emitter_cold *cold) {
    const struct unit_insn *u = &e->plan->insn[cold->insn];
    const int32_t rel = (int32_t)(asm_here(&e->a) - ((uint64_t)((intptr_t)cold->site + e->a.shift) + 4));
    memcpy(cold->site, &rel, 4);
    store_return_address(&e->a, u->pc + u->insn.length);
    if (cold->indirect) {
        jump_by_table(e);
        return;
    }
    const int target = unit_index(e->plan, u->target);
    if (target >= 0) asm_jump(&e->a, jit_space_address(e->space, e->host[target]));
    else external_jump(e, u->target);
}

void emit_cold(struct emitter *e) {
    for (unsigned i = 0; i < e->n_cold; i++) write_cold_call(e, &e->cold[i]);
    for (unsigned i = 0; i < e->n_links; i++) {
        const struct emitter_link *link = &e->link[i];
        uint8_t *site = (uint8_t *)e->space->code.write + link->site;
        e->space->exits[link->exit].stub = emitter_offset(e);
        const int32_t rel = (int32_t)(emitter_offset(e) - (link->site + 4));
        memcpy(site, &rel, 4);
        asm_leave(&e->a, e->space, link->exit);
    }
}

/* Returns with an operand pop more than the address: the host's prediction is given up. */
static void emit_return_wide(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    asm_based(a, 0x8d, RSP, RSP, (int32_t)(8 + (u->insn.imm & 0xffff)));
    jump_by_table(e);
}

static void emit_return(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    asm_store_fs(a, R11, AT(saved));
    emitter_record(e, R11 + 1, false);
    asm_bytes(a, "\x4c\x8b\x1c\x24", 4); /* mov r11, [rsp] */
    asm_store_fs(a, R11, AT(jump));
    if (u->insn.imm) {
        emit_return_wide(e, u);
        return;
    }
    index_of(e, R11, e->space->returns.mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x4e\x8b\x1c\xdd", 4); /* mov r11, [r11 * 8 + table] */
    asm_i32(a, in_window(e, e->space->returns.table));
    asm_bytes(a, "\x4c\x89\x1c\x24\xc3", 5); /* mov [rsp], r11; ret */
}

bool emit_control(struct emitter *e) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    switch (u->info->control) {
    case CONTROL_BRANCH:
        if (u->insn.op == OP_JCC) emit_jcc(e, u);
        else emit_loop(e, u);
        return true;
    case CONTROL_JUMP: emit_go_to(e, u->target); return true;
    case CONTROL_CALL:
        host_call(e, false);
        call_landing(e, u);
        return true;
    case CONTROL_JUMP_IND: return emit_jump_indirect(e, u);
    case CONTROL_CALL_IND: return emit_call_indirect(e, u);
    case CONTROL_RETURN: emit_return(e, u); return true;
    default: return false;
    }
}
