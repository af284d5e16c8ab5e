/* SPDX-License-Identifier: ISC */
/* What a CPU leaves below RSP stays: the return address of a call that has returned, what was popped, and the 128 bytes of the red
 * zone (System V ABI 3.2.2), across instructions, system calls and signals. */
#include "tests/guest/check.h"

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

/* uint64_t name(uint64_t a, uint64_t b): 0 if all is well. */
#define FUNCTION(name, code)                                                                             \
    uint64_t name(uint64_t a, uint64_t b);                                                               \
    __asm__(".pushsection .text\n" #name ":\n" code "\n.popsection")

#define RESULT "mov -8(%rsp), %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; ret;"
FUNCTION(after_call, "call 2f; 1:" RESULT "2: ret");
FUNCTION(after_call_register, "lea 2f(%rip), %rax; call *%rax; 1:" RESULT "2: nop; ret");
FUNCTION(after_call_memory, "lea 2f(%rip), %rax; mov %rax, -64(%rsp); call *-64(%rsp); 1:" RESULT "2: ret");
FUNCTION(after_ret_immediate, "push %rdi; call 2f; 1: mov -16(%rsp), %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; ret; 2: ret $8");
FUNCTION(after_pop_return, "call 2f; 2: pop %rcx; mov -8(%rsp), %rax; lea 2b(%rip), %rcx; sub %rcx, %rax; ret");
FUNCTION(after_unbalanced, "call 2f; ud2; 1:" RESULT "2: lea 1b(%rip), %rax; mov %rax, (%rsp); ret");
/* The inner return address lies 16 below, the outer 8 below. */
FUNCTION(after_nested, "call 2f; 1: mov -16(%rsp), %rdx; mov -8(%rsp), %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; lea 3f(%rip), %rcx; "
                       "sub %rcx, %rdx; or %rdx, %rax; ret; 2: call 4f; 3: ret; 4: ret");
FUNCTION(after_pop, "push %rdi; pop %rcx; mov -8(%rsp), %rax; sub %rdi, %rax; ret");
FUNCTION(after_push_pop_flags, "pushf; pop %rcx; mov -8(%rsp), %rax; sub %rcx, %rax; ret");
FUNCTION(after_leave, "enter $32, $0; mov %rdi, -32(%rbp); leave; mov -40(%rsp), %rax; sub %rdi, %rax; ret");
FUNCTION(below_call, "mov %rdi, -24(%rsp); mov %rsi, -16(%rsp); call 2f; 1: mov -24(%rsp), %rax; xor %rdi, %rax; mov -16(%rsp), %rcx; "
                     "xor %rsi, %rcx; or %rcx, %rax; ret; 2: ret");
/* The callee reads its own return address in both ways. */
FUNCTION(in_callee, "call 2f; 1: ret; 2: mov (%rsp), %rax; pop %rcx; sub %rcx, %rax; lea 1b(%rip), %rdx; sub %rdx, %rcx; or %rcx, %rax; push %rdx; ret");
FUNCTION(across_syscall, "call 2f; 1: mov %rdi, -16(%rsp); mov %rsi, -128(%rsp); mov $39, %eax; syscall; mov -8(%rsp), %rax; lea 1b(%rip), %rcx; "
                         "sub %rcx, %rax; xor -16(%rsp), %rdi; or %rdi, %rax; xor -128(%rsp), %rsi; or %rsi, %rax; ret; 2: ret");
/* Fills the red zone, computes for a while, and counts the words that changed. */
FUNCTION(red_zone, "mov $16, %ecx; 1: neg %rcx; mov %rdi, (%rsp,%rcx,8); neg %rcx; inc %rdi; dec %ecx; jnz 1b;"
                   "2: dec %rsi; jnz 2b; xor %eax, %eax;"
                   "mov $1, %ecx; 3: dec %rdi; neg %rcx; cmp %rdi, (%rsp,%rcx,8); setne %dl; movzbl %dl, %edx; add %rdx, %rax; neg %rcx; "
                   "inc %ecx; cmp $17, %ecx; jne 3b; ret");
FUNCTION(call_then_wait, "call 2f; 1: dec %rsi; jnz 1b; mov -8(%rsp), %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; ret; 2: ret");

static volatile sig_atomic_t signals;

static void on_alarm(int signo) {
    volatile char noise[4096];
    memset((char *)noise, 0x5a, sizeof noise);
    signals++;
}

static void test_slots(uint64_t i) {
    CHECK(after_call(0, 0) == 0 && after_call_register(0, 0) == 0 && after_call_memory(0, 0) == 0);
    CHECK(after_ret_immediate(i, 0) == 0 && after_pop_return(0, 0) == 0 && after_unbalanced(0, 0) == 0);
    CHECK(after_nested(0, 0) == 0);
    CHECK(after_pop(i * 77, 0) == 0 && after_push_pop_flags(0, 0) == 0 && after_leave(i * 99, 0) == 0);
    CHECK(below_call(i, ~i) == 0 && in_callee(0, 0) == 0 && across_syscall(i, i * 3) == 0);
}

int main(void) {
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    for (uint64_t i = 0; i < 500; i++) test_slots(i);
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (uint64_t i = 0; i < 200 || signals < 100; i++) {
        test_slots(i);
        CHECK(red_zone(i << 32, 2000) == 0);
        CHECK(call_then_wait(0, 2000) == 0);
    }
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    puts("dead_slot: ok");
    return 0;
}
