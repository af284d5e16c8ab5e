/* SPDX-License-Identifier: ISC */
/* Entry: saves what the ABI wants kept, loads the guest's registers, jumps to thread.target. Exit: the reverse, returning to the C
 * function that called the entry. The x87 state is C's to move. Flags survive every instruction of a stub until they are
 * saved, since MOV, LEA and PUSH leave them alone. */
#include "cpu/jit/x86_64/stubs.h"

#include "cpu/jit/x86_64/stub_counter.h"
#include "cpu/jit/x86_64/thread.h"

#include <stddef.h>

#define AT(member) jit_thread_at(&jit_thread.member)
#define STATE(member) ((int32_t)offsetof(struct cpu_state, member))

enum { OPCODE_LOAD = 0x8b, OPCODE_STORE = 0x89, VMOVUPS_LOAD = 0x10, VMOVUPS_STORE = 0x11 };

static const uint8_t kept[] = {RBX, RBP, R12, R13, R14, R15};

/* vmovups ymm, [rax + ...] or the reverse, for all 16 */
static void move_vectors(struct assembler *a, unsigned opcode) {
    for (unsigned i = 0; i < 16; i++) {
        asm_byte(a, 0xc5);
        asm_byte(a, i < 8 ? 0xfc : 0x7c);
        asm_byte(a, opcode);
        asm_byte(a, 0x80 | (i & 7) << 3);
        asm_i32(a, STATE(ymm) + (int32_t)(i * sizeof(union vec)));
    }
}

/* General registers but RAX, RSP, and R10 and R11, which C moves; by [rax]. */
static void move_registers(struct assembler *a, unsigned opcode) {
    for (unsigned i = 1; i < 16; i++)
        if (i != RSP && i != R10 && i != R11) asm_based(a, opcode, i, RAX, STATE(gpr) + (int32_t)i * 8);
}

static void mxcsr(struct assembler *a, unsigned field, int32_t disp) {
    asm_byte(a, 0x0f);
    asm_byte(a, 0xae);
    asm_byte(a, 0x80 | field << 3);
    asm_i32(a, disp);
}

static void fs_absolute(struct assembler *a, const char *opcode, size_t n, unsigned field, int32_t at) {
    asm_byte(a, 0x64);
    asm_bytes(a, opcode, n);
    asm_fs_operand(a, field, at, 0);
}

static void write_enter(struct assembler *a) {
    for (size_t i = 0; i < sizeof kept; i++) asm_push(a, kept[i]);
    asm_store_fs(a, RSP, AT(host_rsp));
    asm_load_fs(a, RAX, AT(state));
    move_vectors(a, VMOVUPS_LOAD);
    mxcsr(a, 2, STATE(mxcsr));
    fs_absolute(a, "\xff", 1, 6, AT(rflags)); /* push */
    asm_byte(a, 0x9d);                        /* popfq */
    asm_load_fs(a, RSP, AT(guest_rsp));
    move_registers(a, OPCODE_LOAD);
    asm_based(a, OPCODE_LOAD, RAX, RAX, STATE(gpr));
    asm_load_fs(a, R11, AT(budget));
    fs_absolute(a, "\xff", 1, 4, AT(target)); /* jmp */
}

static void write_leave_guest_stack(struct assembler *a) {
    asm_store_fs(a, R11, AT(budget));
    asm_store_fs(a, RSP, AT(guest_rsp));
    asm_load_fs(a, RSP, AT(host_rsp));
}

static void write_leave(struct assembler *a) {
    asm_push(a, RAX);
    asm_byte(a, 0x9c);                        /* pushfq */
    fs_absolute(a, "\x8f", 1, 0, AT(rflags)); /* pop */
    asm_byte(a, 0xfc);                        /* cld */
    asm_load_fs(a, RAX, AT(state));
    move_registers(a, OPCODE_STORE);
    asm_pop(a, RCX);
    asm_based(a, OPCODE_STORE, RCX, RAX, STATE(gpr));
    move_vectors(a, VMOVUPS_STORE);
    mxcsr(a, 3, STATE(mxcsr));
    fs_absolute(a, "\x0f\xae", 2, 2, AT(host_mxcsr)); /* ldmxcsr */
    asm_bytes(a, "\xc5\xf8\x77", 3);                  /* vzeroupper */
    for (size_t i = sizeof kept; i-- > 0;) asm_pop(a, kept[i]);
    asm_byte(a, 0xc3);
}

void asm_leave(struct assembler *a, const struct jit_space *space, uint32_t exit) {
    asm_store_fs_imm32(a, AT(exit), exit);
    asm_note(a, NOTE_EXIT, 4);
    asm_jump(a, jit_space_address(space, space->leave));
}

/* The miss exits come from landings and look-ups, where R11 is where the guest goes; in code that counts thread.jump has it. */
static void write_shared_exit(struct jit_space *space, struct assembler *a, enum jit_exit_kind kind) {
    const bool is_miss = kind == JIT_EXIT_JUMP_MISS || kind == JIT_EXIT_CALL_MISS || kind == JIT_EXIT_RETURN_MISS;
    if (is_miss) asm_mov(a, RCX, R10); /* entered here with RCX in R10: JIT_MISS_RESTORES */
    space->exits[kind].stub = jit_space_offset(space, asm_here(a));
    if (is_miss && !space->counting) asm_store_fs(a, R11, AT(jump));
    asm_leave(a, space, kind);
}

/* 128 bits each, for PADDQ. */
static void write_minus(struct jit_space *space, struct assembler *a) {
    while (asm_here(a) & 15) asm_byte(a, 0xcc);
    space->minus = jit_space_offset(space, asm_here(a));
    for (uint64_t i = 0; i < 128; i++) {
        asm_i64(a, -i);
        asm_i64(a, 0);
    }
}

void stubs_write(struct jit_space *space) {
    struct assembler a = jit_space_assembler(space);
    space->enter = jit_space_offset(space, asm_here(&a));
    write_enter(&a);
    space->leave = jit_space_offset(space, asm_here(&a));
    write_leave_guest_stack(&a);
    space->leave_on_host_stack = jit_space_offset(space, asm_here(&a));
    write_leave(&a);
    for (unsigned kind = 0; kind < JIT_SHARED_EXITS; kind++) {
        jit_space_new_exit(space, (enum jit_exit_kind)kind, 0);
        write_shared_exit(space, &a, (enum jit_exit_kind)kind);
    }
    if (space->counting) write_minus(space, &a);
    stub_counter_write(&a, space);
    space->used = jit_space_offset(space, asm_here(&a) + 63) & ~63u;
    space->first_unit_at = space->used;
}
