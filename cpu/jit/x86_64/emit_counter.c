/* SPDX-License-Identifier: ISC */
/* RDTSC and RDPMC where the counters are the host's clocks: translated code goes to a stub that calls the host's own clock, and
 * comes back without leaving for C. RAX and RDX are free, since the instruction sets both. Code that counts does not do
 * it: its clocks are asked at places that the count makes the same everywhere. */
#include "cpu/jit/x86_64/emitter.h"

#include "cpu/counter.h"
#include "cpu/jit/x86_64/stubs.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

bool emit_reads_counter(const struct emitter *e, const struct unit_insn *u) {
    return e->space->read_counter && (u->insn.op == OP_RDTSC || u->insn.op == OP_RDPMC);
}

/* lea rax, [rip + disp32]; returns where the displacement is. */
static uint8_t *lea_rax(struct assembler *a) {
    asm_bytes(a, "\x48\x8d\x05\0\0\0", 7);
    return a->at - 4;
}

/* The stub comes here with the state before the instruction when there is no such counter: the interpreter raises the exception. The
 * jump is the last thing before the place where it comes back otherwise. */
static void emit_unknown(struct emitter *e, const struct unit_insn *u) {
    const uint64_t leave = asm_here(&e->a);
    emit_leave(e, JIT_EXIT_INTERPRET, u->pc);
    emitter_record(e, 0, false);
    asm_jump(&e->a, leave);
}

void emit_counter(struct emitter *e, const struct unit_insn *u) {
    struct assembler *a = &e->a;
    if (u->insn.op == OP_RDPMC) {
        asm_store_fs(a, RAX, AT(counter_rax));
        asm_store_fs(a, RDX, AT(counter_rdx));
        asm_bytes(a, "\x89\xca", 2); /* mov edx, ecx */
    } else {
        asm_move_immediate(a, RDX, COUNTER_MONOTONIC_NS);
    }
    uint8_t *displacement = lea_rax(a);
    asm_store_fs(a, RAX, AT(counter_return));
    asm_jump(a, jit_space_address(e->space, e->space->read_counter));
    if (u->insn.op == OP_RDPMC) emit_unknown(e, u);
    const int32_t distance = (int32_t)(a->at - (displacement + 4));
    memcpy(displacement, &distance, sizeof distance);
}
