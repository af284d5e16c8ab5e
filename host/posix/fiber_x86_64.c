/* SPDX-License-Identifier: ISC */
/* Switching stacks on x86-64: what the System V ABI says a call preserves, the control words of both floating-point units included. */
#include "host/posix/fiber.h"

#include <stdint.h>
#include <string.h>

/* As fiber_switch leaves it on the stack, lowest address first. */
struct kept {
    uint32_t mxcsr;
    uint16_t fcw, pad;
    uint64_t r15, r14, r13, r12, rbx, rbp;
    void (*rip)(void);
};

void fiber_start(void); /* below: calls r12(r13) */

__asm__(".text\n"
        ".globl fiber_switch\n"
        ".type fiber_switch, @function\n"
        "fiber_switch:\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    sub $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    add $8, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size fiber_switch, . - fiber_switch\n"
        ".globl fiber_start\n"
        ".type fiber_start, @function\n"
        "fiber_start:\n"
        "    mov %r13, %rdi\n"
        "    xor %ebp, %ebp\n"
        "    call *%r12\n"
        "    ud2\n"
        ".size fiber_start, . - fiber_start\n");

void *fiber_prepare(char *top, fiber_entry *entry, void *arg) {
    struct kept kept = {.r12 = (uintptr_t)entry, .r13 = (uintptr_t)arg, .rip = fiber_start};
    __asm__("stmxcsr %0\n\tfnstcw %1" : "=m"(kept.mxcsr), "=m"(kept.fcw));
    /* Behind the return address the stack is aligned, as before a call. */
    char *at = top - 16 - sizeof kept;
    memcpy(at, &kept, sizeof kept);
    return at;
}
