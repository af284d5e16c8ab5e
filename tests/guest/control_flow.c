/* SPDX-License-Identifier: ISC */
/* SDM 1 6.4: calls and returns are stores, loads and jumps, whatever a predictor expects. Unbalanced returns, deep recursion,
 * jumps through thousands of targets, odd forms of CALL and RET, and flags that live across each of them. */
#include "tests/guest/check.h"

#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096
#define TARGETS 5000

/* Assembly functions int name(uint64_t a, uint64_t b). */
#define FUNCTION(name, code)                                                                             \
    int name(uint64_t a, uint64_t b);                                                                    \
    __asm__(".pushsection .text\n" #name ":\n" code "\n.popsection")

FUNCTION(push_ret, "lea 1f(%rip), %rax; push %rax; ret; ud2; 1: lea (%rdi,%rsi), %eax; ret");
FUNCTION(other_return, "call 1f; mov $1, %eax; ret; 2: mov $2, %eax; ret; 1: lea 2b(%rip), %rax; mov %rax, (%rsp); ret");
FUNCTION(dropped_return, "call 1f; ud2; 1: add $8, %rsp; mov $3, %eax; ret");
FUNCTION(double_return, "call 1f; inc %eax; ret; 1: mov $10, %eax; call 2f; inc %eax; ret; 2: add $8, %rsp; inc %eax; ret");
FUNCTION(call_pop, "call 1f; 1: pop %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; ret");
FUNCTION(retpoline, "lea 3f(%rip), %rax; call 1f; 2: pause; lfence; jmp 2b; 1: mov %rax, (%rsp); ret; 3: mov $4, %eax; ret");
FUNCTION(call_stack_slot, "lea 1f(%rip), %rax; push %rax; push $0; call *8(%rsp); add $16, %rsp; ret; 1: mov $5, %eax; ret");
FUNCTION(call_at_rsp, "lea 1f(%rip), %rax; push %rax; call *(%rsp); pop %rcx; ret; 1: mov 8(%rsp), %rax; lea 1b(%rip), %rcx; sub %rcx, %rax; ret");
FUNCTION(call_rsp_register, "lea 1f(%rip), %rax; mov %rsp, %rcx; xchg %rax, %rsp; xchg %rax, %rsp; call *%rax; ret; 1: mov %rsp, %rax; sub %rcx, %rax; add $8, %eax; ret");
FUNCTION(jump_stack_slot, "lea 1f(%rip), %rax; push %rax; jmp *(%rsp); ud2; 1: pop %rax; mov $6, %eax; ret");
FUNCTION(ret_immediate, "mov %rsp, %rdx; push $7; push $8; call 1f; sub %rdx, %rsp; mov %rsp, %rax; mov %rdx, %rsp; ret; 1: mov 8(%rsp), %rax; ret $16");
FUNCTION(ret_immediate_odd, "mov %rsp, %rdx; sub $3, %rsp; call 1f; sub %rdx, %rsp; mov %rsp, %rax; mov %rdx, %rsp; ret; 1: ret $3");
FUNCTION(enter_leave, "enter $64, $0; mov %rdi, -64(%rbp); mov %rbp, %rax; sub %rsp, %rax; add -64(%rbp), %rax; leave; ret");
FUNCTION(enter_nested, "push %rbp; mov %rsp, %rbp; enter $16, $3; mov %rbp, %rax; sub %rsp, %rax; leave; pop %rbp; ret");
FUNCTION(loops, "mov %rdi, %rcx; xor %eax, %eax; 1: inc %eax; loop 1b; jrcxz 2f; ud2; 2: mov $3, %ecx; jecxz 3f; inc %eax; 3: cmp %eax, %eax; mov $9, %ecx; 4: cmp $5, %ecx; loopne 4b; add %ecx, %eax; ret");
FUNCTION(jump_flags, "cmp %rsi, %rdi; lea 1f(%rip), %rax; jmp *%rax; ud2; 1: setc %al; setz %cl; movzbl %al, %eax; movzbl %cl, %ecx; lea (%rax,%rcx,2), %eax; ret");
FUNCTION(return_flags, "call 1f; mov $0, %eax; adc $0, %eax; ret; 1: cmp %rsi, %rdi; ret");
FUNCTION(callee_flags, "cmp %rsi, %rdi; call 1f; ret; 1: setb %al; movzbl %al, %eax; ret");
FUNCTION(callee_flags_indirect, "lea 1f(%rip), %rcx; cmp %rsi, %rdi; call *%rcx; ret; 1: mov $0, %eax; sbb $0, %eax; neg %eax; ret");
FUNCTION(returned_overflow, "call 1f; seto %al; movzbl %al, %eax; ret; 1: mov %edi, %ecx; add %esi, %ecx; ret $0");
FUNCTION(returned_direction, "std; call 1f; pushf; pop %rax; cld; shr $10, %eax; and $1, %eax; ret; 1: stc; ret");
FUNCTION(misaligned_stack, "mov %rsp, %rdx; sub $5, %rsp; call 1f; call 1f; mov %rdx, %rsp; mov $7, %eax; ret; 1: push %rax; pop %rcx; ret");
FUNCTION(pushed_operand, "push %rsp; pop %rax; sub %rsp, %rax; ret");
FUNCTION(popped_rsp, "mov %rsp, %rdx; push %rdx; pop %rsp; mov %rsp, %rax; sub %rdx, %rax; mov %rdx, %rsp; ret");
FUNCTION(popped_memory, "push $33; push $44; pop (%rsp); pop %rax; ret"); /* the address is computed after RSP moved */
FUNCTION(ping, "test %rdi, %rdi; jz 1f; dec %rdi; inc %rsi; jmp pong; 1: mov %esi, %eax; ret");
FUNCTION(pong, "test %rdi, %rdi; jz 1f; dec %rdi; inc %rsi; jmp ping; 1: mov %esi, %eax; ret");
FUNCTION(depth, "test %rdi, %rdi; jz 1f; dec %rdi; call depth; inc %eax; ret; 1: xor %eax, %eax; ret");

static void test_returns(void) {
    for (int i = 0; i < 1000; i++) {
        CHECK(push_ret(i, 3) == i + 3);
        CHECK(other_return(0, 0) == 2 && dropped_return(0, 0) == 3 && double_return(0, 0) == 12);
        CHECK(call_pop(0, 0) == 0 && retpoline(0, 0) == 4);
        CHECK(ret_immediate(0, 0) == 0 && ret_immediate_odd(0, 0) == 0);
        CHECK(misaligned_stack(0, 0) == 7);
    }
}

static void test_operands(void) {
    for (int i = 0; i < 1000; i++) {
        CHECK(call_stack_slot(0, 0) == 5 && call_at_rsp(0, 0) == 0 && call_rsp_register(0, 0) == 0);
        CHECK(jump_stack_slot(0, 0) == 6);
        CHECK(pushed_operand(0, 0) == 0 && popped_rsp(0, 0) == 0 && popped_memory(0, 0) == 44);
        CHECK(enter_leave(i, 0) == i + 64 && enter_nested(0, 0) == 16 + 3 * 8);
        CHECK(loops(i + 1, 0) == i + 1 + 1 + 4);
    }
}

static void test_flags(void) {
    for (uint64_t a = 0; a < 40; a++) {
        for (uint64_t b = 0; b < 40; b++) {
            CHECK(jump_flags(a, b) == (a < b) + 2 * (a == b));
            CHECK(return_flags(a, b) == (a < b) && callee_flags(a, b) == (a < b) && callee_flags_indirect(a, b) == (a < b));
            CHECK(returned_overflow(a ? 0x7fffffff : 0, b) == (a && b));
        }
    }
    CHECK(returned_direction(0, 0) == 1);
}

static void test_tail_calls(void) {
    CHECK(ping(100001, 5) == 100006);
    for (int i = 0; i < 20; i++) CHECK(depth(i * 1000, 0) == i * 1000);
}

static jmp_buf back;

static volatile int deepest;

static __attribute__((noinline)) int dive(int depth) {
    volatile int here = depth;
    if (depth < deepest) return dive(depth + 1) + here;
    if (deepest) longjmp(back, 42);
    return 0;
}

static void test_long_jumps(void) {
    volatile int jumps = 0;
    for (volatile int i = 0; i < 200; i++) {
        const int value = setjmp(back);
        deepest = 100;
        if (value == 0) dive(0);
        CHECK(value == 42);
        jumps++;
    }
    CHECK(jumps == 200);
}

static __attribute__((noinline)) int tree(int n) {
    return n < 2 ? n : tree(n - 1) + tree(n - 2);
}

/* Target i, 16 bytes: mov eax, i; ret. */
static unsigned char *make_targets(void) {
    unsigned char *at = mmap(NULL, TARGETS * 16, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    for (int i = 0; i < TARGETS; i++) {
        memcpy(at + 16 * i, "\xb8____\xc3", 6);
        memcpy(at + 16 * i + 1, &i, 4);
    }
    CHECK(mprotect(at, TARGETS * 16, PROT_READ | PROT_EXEC) == 0);
    return at;
}

static void test_many_targets(void) {
    unsigned char *code = make_targets();
    static int (*table[TARGETS])(void);
    for (int i = 0; i < TARGETS; i++) {
        const unsigned char *at = code + 16 * i;
        memcpy(&table[i], &at, sizeof at);
    }
    unsigned x = 1;
    for (int i = 0; i < 200000; i++) {
        x = x * 1103515245 + 12345;
        const unsigned k = i < 3 * TARGETS ? (unsigned)i % TARGETS : (x >> 8) % TARGETS;
        CHECK(table[k]() == (int)k);
    }
    munmap(code, TARGETS * 16);
}

/* One place that jumps to every target. */
FUNCTION(jump_table, "jmp *(%rdi,%rsi,8)");

static void test_jump_table(void) {
    unsigned char *code = make_targets();
    static uint64_t table[TARGETS];
    for (int i = 0; i < TARGETS; i++) table[i] = (uintptr_t)code + 16 * i;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < TARGETS; i++) CHECK(jump_table((uintptr_t)table, i) == i);
        for (int i = 0; i < 200000; i++) CHECK(jump_table((uintptr_t)table, i & 1 ? 7 : 4000) == (i & 1 ? 7 : 4000));
    }
    munmap(code, TARGETS * 16);
}

/* A computed-goto interpreter of a little program. */
static __attribute__((noinline)) long interpret(const unsigned char *code) {
    static const void *const labels[] = {&&add, &&twice, &&dec, &&loop, &&end};
    long a = 0, n = 1000;
    const unsigned char *pc = code;
    goto *labels[*pc++];
add: a += 3; goto *labels[*pc++];
twice: a = a * 2 % 1000003; goto *labels[*pc++];
dec: a--; goto *labels[*pc++];
loop: if (--n) pc = code; goto *labels[*pc++];
end: return a;
}

static long expected(void) {
    long a = 0;
    for (int n = 0; n < 1000; n++) a = ((a + 3) * 2 % 1000003 - 1 + 3) * 2 % 1000003;
    return a;
}

int main(void) {
    test_returns();
    test_operands();
    test_flags();
    test_tail_calls();
    test_long_jumps();
    CHECK(tree(22) == 17711);
    test_many_targets();
    test_jump_table();
    CHECK(interpret((const unsigned char[]){0, 1, 2, 0, 1, 3, 4}) == expected());
    puts("control_flow: ok");
    return 0;
}
