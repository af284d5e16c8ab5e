/* SPDX-License-Identifier: ISC */
/* Indirect transfers of control: look-ups. An indirect jump or call takes the host address of a landing (emit_landing.c) from a table, by
 * the low bits of the guest's address, which it brings in R11, with R10 free. A call leaves the guest's return address in thread.return_to.
 * A return looks its address up in the return table, puts the landing's host address on the stack and returns.
 * In code that counts R11 is not free: the guest's address comes in thread.jump. */
#include "cpu/jit/x86_64/emit_control.h"
#include "cpu/jit/x86_64/emit_count.h"
#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/thread.h"

#define JUMP jit_thread_at(&jit_thread.jump)

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

/* The processor would not even branch to an address that is not canonical, so the fault must be the branch's, before it has done anything.
 * A call would have stored below RSP: it reads a byte there first. Misses of jumps and returns find out afterwards, by thread.source. */
static void check_call_target(struct emitter *e) {
    struct assembler *a = &e->a;
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, e->space->counting ? "\x45\x0f\xb6\x12" : "\x45\x0f\xb6\x13", 4); /* movzx r10d, byte [target] */
}

/* Faults unless the target is an address that a user may have. */
static void check_target(struct emitter *e) {
    struct assembler *a = &e->a;
    index_of(e, e->space->high_mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x4e\x8b\x14\xd5", 4); /* mov r10, [r10 * 8 + guard] */
    asm_i32(a, JIT_GUARD_AT);
}

static void store_source(struct emitter *e) {
    asm_store_fs_imm32(&e->a, jit_thread_at(&jit_thread.source), emitter_offset(e));
    asm_note(&e->a, NOTE_SOURCE, 4);
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
        asm_move_guest_address(a, R10, pc);
        asm_store_fs(a, R10, at);
        return;
    }
    asm_bytes(a, "\x64\x48\xc7", 3); /* mov qword fs:[at], imm32 */
    asm_fs_operand(a, 0, at, 4);
    asm_i32(a, (int64_t)pc);
    asm_note(a, NOTE_GUEST32, 4);
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
        asm_move_guest_address(a, reg, u->pc + u->insn.length + (uint64_t)mem->disp);
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

/* The target where look-ups want it. Counting: in thread.jump and R10, with the counter in R11; if memory changes between two loads, the
 * landing notices. */
static void take_target_counting(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    if (stays(e, &u->insn)) {
        emit_spill(e);
        emitter_record_spilled(e);
        move_target(e, u, R10);
    } else {
        emit_store_dirty(e);
        move_target(e, u, e->counter == R10 ? R11 : R10);
        if (e->counter == R10) asm_bytes(a, "\x4d\x87\xd3", 3); /* xchg r11, r10 */
        else count_give(e);
        emitter_record_spilled(e);
    }
    asm_store_fs(a, R10, JUMP);
}

static void take_target(struct emitter *e, const struct unit_insn *u) {
    if (e->space->counting) {
        take_target_counting(e, u);
        return;
    }
    emit_spill(e);
    emitter_record_spilled(e);
    move_target(e, u, R11);
}

bool emit_jump_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!can_load_target(e, u)) return false;
    take_target(e, u);
    store_source(e);
    go_by_table(e, JIT_BY_JUMP);
    return true;
}

bool emit_call_indirect(struct emitter *e, const struct unit_insn *u) {
    if (!can_load_target(e, u)) return false;
    take_target(e, u);
    check_call_target(e);
    store_return_to(&e->a, u->pc + u->insn.length);
    if (e->space->counting) asm_load_fs(&e->a, R10, JUMP);
    emit_return_trampoline(e);
    go_by_table(e, JIT_BY_CALL);
    emit_return_landing(e, u);
    return true;
}

/* mov target, [rsp] */
static void move_return_target(struct emitter *e) {
    asm_bytes(&e->a, e->space->counting ? "\x4c\x8b\x14\x24" : "\x4c\x8b\x1c\x24", 4);
}

/* RET imm16 gives up the host's prediction. */
static void emit_return_far(struct emitter *e, const struct unit_insn *u) {
    move_return_target(e);
    if (e->space->counting) asm_store_fs(&e->a, R10, JUMP);
    check_target(e);
    if (e->space->counting) move_return_target(e);
    asm_based(&e->a, 0x8d, RSP, RSP, (int32_t)(8 + (u->insn.imm & 0xffff)));
    go_by_table(e, JIT_BY_JUMP);
}

void emit_return(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    emit_spill(e);
    emitter_record_spilled(e);
    if (u->insn.imm) {
        emit_return_far(e, u);
        return;
    }
    move_return_target(e);
    if (e->space->counting) asm_store_fs(a, R10, JUMP);
    store_source(e);
    index_of(e, e->space->targets[JIT_BY_RETURN].mask);
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\x4e\x8b\x14\xd5", 4); /* mov r10, [r10 * 8 + table] */
    asm_i32(a, in_window(e, e->space->targets[JIT_BY_RETURN].table));
    asm_bytes(a, "\x4c\x89\x14\x24\xc3", 5); /* mov [rsp], r10; ret */
}
