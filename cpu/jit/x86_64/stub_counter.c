/* SPDX-License-Identifier: ISC */
/* Comes from emit_counter.c with the counter's number in EDX and the address to go back to in thread.counter_return; RAX is free. Calls
 * counter_read on the host's stack and goes back with EDX:EAX set and everything else as it was. What it calls leaves the
 * vector registers, the x87 and MXCSR alone. A signal that came meanwhile (thread.is_kicked) makes the guest's
 * code stop at its next boundary, by way of the trap flag. */
#include "cpu/jit/x86_64/stub_counter.h"

#include "cpu/jit/x86_64/counter.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

enum { JE = 4, LENGTH_OF_JUMP = 5 };

/* What the ABI lets a function change, but for RAX and RDX; one twice, so that the stack is aligned. */
static const uint8_t changed[] = {RCX, RSI, RDI, R8, R9, R10, R11, R11};

/* A short branch whose target comes later. */
static uint8_t *jump_if(struct assembler *a, unsigned cc) {
    asm_byte(a, 0x70 | cc);
    asm_byte(a, 0);
    return a->at - 1;
}

static void lands_here(const struct assembler *a, uint8_t *displacement) {
    *displacement = (uint8_t)(a->at - (displacement + 1));
}

/* cmp dword fs:[is_kicked], 0; je over; or dword [rsp], TF */
static void write_stop(struct assembler *a) {
    asm_bytes(a, "\x64\x83\x3c\x25", 4);
    asm_i32(a, AT(is_kicked));
    asm_byte(a, 0);
    uint8_t *over = jump_if(a, JE);
    asm_bytes(a, "\x81\x0c\x24\x00\x01\x00\x00", 7);
    lands_here(a, over);
}

/* popfq; back to the guest's stack and code */
static void write_back(struct assembler *a) {
    asm_byte(a, 0x9d);
    asm_load_fs(a, RSP, AT(guest_rsp));
    asm_bytes(a, "\x64\xff\x24\x25", 4);
    asm_i32(a, AT(counter_return));
}

static void write_call(struct assembler *a, struct jit_space *space) {
    asm_store_fs(a, RSP, AT(guest_rsp));
    asm_load_fs(a, RSP, AT(host_rsp));
    asm_byte(a, 0x9c);             /* pushfq */
    asm_byte(a, 0xfc);             /* cld */
    for (size_t i = 0; i < sizeof changed; i++) asm_push(a, changed[i]);
    asm_bytes(a, "\x89\xd7", 2);   /* mov edi, edx */
    asm_mov_imm64(a, RSI, (uint64_t)(uintptr_t)&space->counters);
    asm_mov_imm64(a, RAX, (uint64_t)(uintptr_t)counter_read);
    asm_bytes(a, "\xff\xd0", 2);   /* call rax */
    for (size_t i = sizeof changed; i-- > 0;) asm_pop(a, changed[i]);
}

/* No such counter: the registers as they were, and to the jump before where we would go back. */
static void write_unknown(struct assembler *a) {
    asm_load_fs(a, RAX, AT(counter_return));
    asm_based(a, 0x8d, RAX, RAX, -LENGTH_OF_JUMP); /* lea */
    asm_store_fs(a, RAX, AT(counter_return));
    asm_load_fs(a, RAX, AT(counter_rax));
    asm_load_fs(a, RDX, AT(counter_rdx));
    write_back(a);
}

void stub_counter_write(struct assembler *a, struct jit_space *space) {
    if (!space->counters.vdso.clock) return;
    space->read_counter = jit_space_offset(space, asm_here(a));
    write_call(a, space);
    write_stop(a);
    asm_bytes(a, "\x85\xd2", 2);                 /* test edx, edx */
    uint8_t *unknown = jump_if(a, JE);
    asm_mov(a, RDX, RAX);
    asm_bytes(a, "\x48\xc1\xea\x20\x89\xc0", 6); /* shr rdx, 32; mov eax, eax */
    write_back(a);
    lands_here(a, unknown);
    write_unknown(a);
    space->read_counter_end = jit_space_offset(space, asm_here(a));
}
