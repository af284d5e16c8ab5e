/* SPDX-License-Identifier: ISC */
/* Flags are results like any register: functions return them (SBCL's in CF), and jumps through tables carry them on. Among thousands of
 * other places to return or jump to, none may be lost. */
#include "tests/guest/check.h"

#include <stdint.h>

enum { SITES = 1500, ROUNDS = 40, TARGETS = 256 };

/* Call sites in turn: what follows ignores flags, uses CF = 1, uses CF = 0. Returns the number of ones. */
uint64_t call_sites(void);
__asm__("carry: stc; ret\n"
        "clear: clc; ret\n"
        "call_sites: push %rbx; xor %ebx, %ebx\n"
        ".rept 1500\n"
        "call clear; xor %eax, %eax\n"
        "call carry; adc $0, %rbx\n"
        "call clear; adc $0, %rbx\n"
        ".endr\n"
        "mov %rbx, %rax; pop %rbx; ret\n");

/* Jumps to target `at` of 256 with CF as given; returns it. */
uint64_t jump_with_carry(uint64_t at, uint64_t carry);
/* The same, but the targets ignore flags: each returns 2. */
uint64_t jump_plainly(uint64_t at);
__asm__("jump_with_carry: lea using(%rip), %rax; shl $5, %rdi; add %rdi, %rax; neg %rsi; jmp *%rax\n"
        ".balign 32\nusing: .rept 256\n.balign 32\nmov $0, %eax; adc $0, %eax; ret\n.endr\n"
        "jump_plainly: lea ignoring(%rip), %rax; shl $5, %rdi; add %rdi, %rax; jmp *%rax\n"
        ".balign 32\nignoring: .rept 256\n.balign 32\nxor %eax, %eax; add $2, %eax; ret\n.endr\n");

int main(void) {
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(call_sites() == SITES);
        for (uint64_t i = 0; i < TARGETS; i++) {
            CHECK(jump_plainly((i * 7 + (uint64_t)round) % TARGETS) == 2);
            CHECK(jump_with_carry(i, i & 1) == (i & 1));
        }
    }
    puts("flags ok");
    return 0;
}
