/* SPDX-License-Identifier: ISC */
/* Landings: where indirect branches and returns arrive. Different addresses share a slot of a table, so a landing compares the guest's
 * address, in R11 or, when counting, in thread.jump, with its own, and leaves by a miss if it is another. */
#include "cpu/jit/x86_64/emit.h"
#include "cpu/jit/x86_64/emit_control.h"
#include "cpu/jit/x86_64/thread.h"

#define JUMP jit_thread_at(&jit_thread.jump)

/* rcx = the guest's address + 1 - pc, with RCX kept in R10 */
static void distance_to_rcx(struct assembler *a, uint64_t pc) {
    asm_mov(a, R10, RCX);
    if (fits_positive(pc)) {
        asm_bytes(a, "\x49\x8d\x8b", 3); /* lea rcx, [r11 + disp32] */
        asm_i32(a, 1 - (int64_t)pc);
        asm_note(a, NOTE_MINUS_GUEST32, 4);
    } else {
        asm_move_immediate(a, RCX, 1 - pc);
        asm_note(a, NOTE_MINUS_GUEST64, 8);
        asm_bytes(a, "\x4a\x8d\x0c\x19", 4); /* lea rcx, [rcx + r11] */
    }
}

static void distance_to_rcx_counting(struct assembler *a, uint64_t pc) {
    if (fits_positive(pc)) {
        asm_mov(a, R10, RCX);
        asm_load_fs(a, RCX, JUMP);
        asm_based(a, 0x8d, RCX, RCX, (int32_t)(1 - (int64_t)pc));
        asm_note(a, NOTE_MINUS_GUEST32, 4);
        return;
    }
    asm_store_fs(a, RCX, jit_thread_at(&jit_thread.saved));
    asm_load_fs(a, RCX, JUMP);
    asm_move_immediate(a, R10, 1 - pc);
    asm_note(a, NOTE_MINUS_GUEST64, 8);
    asm_bytes(a, "\x4a\x8d\x0c\x11", 4); /* lea rcx, [rcx + r10] */
    asm_load_fs(a, R10, jit_thread_at(&jit_thread.saved));
}

/* Goes to the trampoline unless the guest's address is pc. Flags are kept: they may be alive at pc, or where the guest goes instead. LOOP
 * takes one off RCX and jumps if that is not 0; a JRCXZ would cost a taken branch in the good case. */
static void check(struct assembler *a, const struct jit_space *space, uint64_t pc, uint64_t trampoline) {
    if (space->counting) distance_to_rcx_counting(a, pc);
    else distance_to_rcx(a, pc);
    asm_byte(a, 0xe2);
    asm_byte(a, (unsigned)(trampoline - (asm_here(a) + 1)) & 0xff);
    asm_mov(a, RCX, R10);
}

/* In front of a landing: LOOP does not reach further. Returns its address. */
static uint64_t put_trampoline(struct assembler *a, const struct jit_space *space, enum jit_exit_kind miss) {
    const uint64_t at = asm_here(a);
    asm_jump(a, jit_space_address(space, space->exits[miss].stub) - JIT_MISS_RESTORES);
    return at;
}

/* As the last five bytes of a NOP: 0F 1F /0 with SIB E9 and a displacement. */
void emit_return_trampoline(struct emitter *e) {
    asm_bytes(&e->a, "\x0f\x1f\x84", 3);
    e->trampoline = put_trampoline(&e->a, e->space, JIT_EXIT_RETURN_MISS);
}

/* The guest's return address stays where RET left it. */
static void return_landing(struct assembler *a, const struct jit_space *space, uint64_t pc, uint64_t trampoline) {
    check(a, space, pc, trampoline);
    if (!space->counting) {
        asm_bytes(a, "\x4c\x89\x5c\x24\xf8", 5); /* mov [rsp - 8], r11 */
    } else if (fits_positive(pc)) {
        asm_bytes(a, "\x48\xc7\x44\x24\xf8", 5); /* mov qword [rsp - 8], imm32 */
        asm_i32(a, (int64_t)pc);
        asm_note(a, NOTE_GUEST32, 4);
    } else {
        asm_move_guest_address(a, R10, pc);
        asm_bytes(a, "\x4c\x89\x54\x24\xf8", 5); /* mov [rsp - 8], r10 */
    }
}

/* mov [rsp], r10 */
void store_return_address(struct assembler *a) {
    asm_bytes(a, "\x4c\x89\x14\x24", 4);
}

static void call_landing(struct assembler *a, const struct jit_space *space, uint64_t pc, uint64_t trampoline) {
    check(a, space, pc, trampoline);
    asm_load_fs(a, R10, jit_thread_at(&jit_thread.return_to));
}

void emit_first_landing(struct emitter *e) {
    const uint64_t pc = e->plan->insn[0].pc;
    if (e->way != JIT_BY_JUMP && e->way != JIT_BY_CALL) return;
    const enum jit_exit_kind miss = e->way == JIT_BY_JUMP ? JIT_EXIT_JUMP_MISS : JIT_EXIT_CALL_MISS;
    const uint64_t trampoline = put_trampoline(&e->a, e->space, miss);
    e->landing = emitter_offset(e);
    if (e->way == JIT_BY_JUMP) {
        check(&e->a, e->space, pc, trampoline);
        return;
    }
    call_landing(&e->a, e->space, pc, trampoline);
    e->call_entry = emitter_offset(e);
    store_return_address(&e->a);
}

void emit_return_landing(struct emitter *e, const struct unit_insn *u) {
    const uint64_t pc = u->pc + u->insn.length;
    e->return_host[e->n_returns] = emitter_offset(e);
    e->return_pc[e->n_returns++] = pc;
    emitter_record(e, JIT_LANDING, false);
    return_landing(&e->a, e->space, pc, e->trampoline);
    e->lost = 0;
    if (unit_falls_through(e->plan, e->i)) emit_fill(e);
    else external_jump(e, pc);
}

/* Signal handlers look for pc behind the jump. */
static uint32_t finish_landing(struct jit_space *space, struct assembler *a, uint32_t start, uint64_t pc, uint64_t body) {
    asm_jump(a, body);
    asm_i64(a, pc);
    space->used = jit_space_offset(space, asm_here(a) + 15) & ~15u;
    return start;
}

uint32_t emit_landing(struct jit_space *space, enum jit_way way, uint64_t pc, uint64_t body) {
    static const enum jit_exit_kind misses[] = {[JIT_BY_JUMP] = JIT_EXIT_JUMP_MISS, [JIT_BY_CALL] = JIT_EXIT_CALL_MISS,
                                                [JIT_BY_RETURN] = JIT_EXIT_RETURN_MISS};
    struct assembler a = jit_space_assembler(space);
    const uint64_t trampoline = put_trampoline(&a, space, misses[way]);
    const uint32_t start = jit_space_offset(space, asm_here(&a));
    if (way == JIT_BY_RETURN) {
        return_landing(&a, space, pc, trampoline);
    } else if (way == JIT_BY_CALL) {
        call_landing(&a, space, pc, trampoline);
        store_return_address(&a);
    } else {
        check(&a, space, pc, trampoline);
    }
    return finish_landing(space, &a, start, pc, body);
}

uint32_t emit_call_entry(struct jit_space *space, uint64_t pc, uint64_t body) {
    struct assembler a = jit_space_assembler(space);
    store_return_address(&a);
    return finish_landing(space, &a, space->used, pc, body);
}
