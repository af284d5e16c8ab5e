/* SPDX-License-Identifier: ISC */
/* SDM 3 6.5: a fault of a memory operand leaves registers, flags, vectors, the stack and memory as they were before its
 * instruction; repaired, the instruction runs again as if nothing had been. */
#include "tests/guest/fault_case.h"

/* How the middle page is. */
enum memory { NO_ACCESS, READ_ONLY, UNMAPPED, NONCANONICAL };
enum repair { SKIP, REPAIR };
enum { PUSH = REGS }; /* RSP, above the middle page */

struct test {
    const char *name, *begin, *fault, *end;
    int memory, repair;
    unsigned crossing;
    int base;
};

/* name, instruction, memory, repair, bytes of the operand on the good page, the register that holds the address */
#define CASES(X)                                                                                         \
    X(load, "mov (%rdi), %rax", NO_ACCESS, REPAIR, 0, RDI)                                           \
    X(load_byte, "mov (%rdi), %ah", NO_ACCESS, REPAIR, 0, RDI)                                       \
    X(load_crossing, "mov (%rdi), %rbx", NO_ACCESS, REPAIR, 3, RDI)                                  \
    X(load_same_register, "mov (%rdi), %rdi", NO_ACCESS, REPAIR, 0, RDI)                             \
    X(store, "mov %rax, (%rdi)", NO_ACCESS, REPAIR, 0, RDI)                                          \
    X(store_read_only, "mov %rax, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                                \
    X(store_crossing, "mov %rax, (%rdi)", READ_ONLY, REPAIR, 5, RDI)                                 \
    X(store_immediate, "movw $0x1234, (%rdi)", UNMAPPED, REPAIR, 1, RDI)                             \
    X(rmw, "addq $5, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                                             \
    X(rmw_crossing, "notl (%rdi)", READ_ONLY, REPAIR, 2, RDI)                                        \
    X(rmw_locked, "lock xadd %rax, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                               \
    X(rmw_shift, "shll $3, (%rdi)", NO_ACCESS, REPAIR, 0, RDI)                                       \
    X(exchange, "xchg %rbx, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                                      \
    X(compare_exchange, "lock cmpxchg %rbx, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                      \
    X(compare_exchange_16, "lock cmpxchg16b (%rdi)", NO_ACCESS, REPAIR, 0, RDI)                      \
    X(compare_exchange_16_read_only, "lock cmpxchg16b (%rdi)", READ_ONLY, REPAIR, 0, RDI)            \
    X(bit_set, "bts %rbx, (%rdi)", READ_ONLY, REPAIR, 0, RDI)                                        \
    X(compare, "cmp %rax, (%rdi)", NO_ACCESS, REPAIR, 0, RDI)                                        \
    X(set_condition, "setc (%rdi)", READ_ONLY, REPAIR, 0, RDI)                                       \
    X(move_condition, "cmovc (%rdi), %rax", NO_ACCESS, REPAIR, 0, RDI)                               \
    X(move_no_condition, "cmovnc (%rdi), %rax", NO_ACCESS, REPAIR, 0, RDI)                           \
    X(multiply, "mulq (%rdi)", NO_ACCESS, REPAIR, 0, RDI)                                            \
    X(divide, "divq (%rdi)", NO_ACCESS, SKIP, 0, RDI)                                                \
    X(big_endian, "movbe (%rdi), %eax", NO_ACCESS, REPAIR, 0, RDI)                                   \
    X(push_memory, "push (%rdi)", NO_ACCESS, SKIP, 0, RDI)                                           \
    X(pop_memory, "pop (%rdi)", READ_ONLY, SKIP, 0, RDI)                                             \
    X(call_memory, "call *(%rdi)", NO_ACCESS, SKIP, 0, RDI)                                          \
    X(jump_memory, "jmp *(%rdi)", NO_ACCESS, SKIP, 0, RDI)                                           \
    X(push, "push %rax", READ_ONLY, SKIP, 0, PUSH)                                                   \
    X(push_crossing, "push %rax", READ_ONLY, SKIP, 4, PUSH)                                          \
    X(push_flags, "pushf", READ_ONLY, SKIP, 0, PUSH)                                                 \
    X(push_immediate, "push $-3", NO_ACCESS, SKIP, 0, PUSH)                                          \
    X(pop, "pop %rbx", NO_ACCESS, SKIP, 0, RSP)                                                      \
    X(pop_crossing, "pop %rbx", NO_ACCESS, SKIP, 3, RSP)                                             \
    X(pop_flags, "popf", NO_ACCESS, SKIP, 0, RSP)                                                    \
    X(call, "call case_done", READ_ONLY, SKIP, 0, PUSH)                                              \
    X(call_register, "call *%rax", READ_ONLY, SKIP, 0, PUSH)                                         \
    X(ret, "ret", NO_ACCESS, SKIP, 0, RSP)                                                           \
    X(ret_crossing, "ret", NO_ACCESS, SKIP, 6, RSP)                                                  \
    X(ret_immediate, "ret $40", NO_ACCESS, SKIP, 0, RSP)                                             \
    X(leave, "leave", NO_ACCESS, SKIP, 0, RBP)                                                       \
    X(enter, "enter $32, $0", READ_ONLY, SKIP, 0, PUSH)                                              \
    X(load_vector, "movups (%rdi), %xmm3", NO_ACCESS, REPAIR, 0, RDI)                                \
    X(load_vector_crossing, "movdqu (%rdi), %xmm3", NO_ACCESS, REPAIR, 9, RDI)                       \
    X(store_vector_crossing, "movups %xmm3, (%rdi)", READ_ONLY, REPAIR, 9, RDI)                      \
    X(store_256, "vmovups %ymm3, (%rdi)", READ_ONLY, REPAIR, 9, RDI)                                 \
    X(load_256, "vpaddd (%rdi), %ymm3, %ymm3", NO_ACCESS, REPAIR, 31, RDI)                           \
    X(add_double, "addsd (%rdi), %xmm1", NO_ACCESS, REPAIR, 0, RDI)                                  \
    X(convert, "cvtsi2sdq (%rdi), %xmm1", NO_ACCESS, REPAIR, 0, RDI)                                 \
    X(masked_store, "maskmovdqu %xmm3, %xmm2", READ_ONLY, REPAIR, 0, RDI)                            \
    X(load_x87, "fldt (%rdi)", NO_ACCESS, REPAIR, 5, RDI)                                            \
    X(store_x87, "fnstcw (%rdi)", READ_ONLY, REPAIR, 1, RDI)                                         \
    X(load_mxcsr, "ldmxcsr (%rdi)", NO_ACCESS, SKIP, 0, RDI)                                         \
    X(string_load, "lodsq", NO_ACCESS, REPAIR, 0, RSI)                                                 \
    X(far_load, "mov (%rdi), %rax", NONCANONICAL, SKIP, 0, RDI)                                      \
    X(far_store, "movups %xmm0, (%rdi)", NONCANONICAL, SKIP, 0, RDI)                                 \
    X(far_rmw, "lock incq (%rdi)", NONCANONICAL, SKIP, 0, RDI)                                       \
    X(far_push, "push %rax", NONCANONICAL, SKIP, 0, RSP)                                             \
    X(far_frame, "mov (%rbp), %rax", NONCANONICAL, SKIP, 0, RBP)                                     \
    X(far_ret, "ret", NONCANONICAL, SKIP, 0, RSP)                                                    \
    X(far_jump, "jmp *%rdi", NONCANONICAL, SKIP, 0, RDI)                                             \
    X(far_call, "call *%rdi", NONCANONICAL, SKIP, 0, RDI)                                           

#define DEFINE(name, text, ...) CODE(name, text);
CASES(DEFINE)
#undef DEFINE
#define ROW(name, text, memory, repair, crossing, base)                                                  \
    {#name, name##_begin, name##_fault, name##_end, memory, repair, crossing, base},
static const struct test tests[] = {CASES(ROW)};

static uint8_t before[3 * PAGE];

static void make_accessible(void) {
    CHECK(mprotect(low, 3 * PAGE, PROT_READ | PROT_WRITE) == 0);
}

static void make_mapped(void) {
    CHECK(mmap(middle, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == middle);
}

static void fill(const struct test *t) {
    make_mapped();
    for (int i = 0; i < 3 * PAGE; i++) before[i] = (uint8_t)(random_number() >> 20);
    if (t->memory == UNMAPPED) memset(before + PAGE, 0, PAGE);
    memcpy(low, before, sizeof before);
}

static void spoil(const struct test *t) {
    if (t->memory == UNMAPPED) CHECK(munmap(middle, PAGE) == 0);
    else if (t->memory == READ_ONLY) CHECK(mprotect(middle, PAGE, PROT_READ) == 0);
    else if (t->memory == NO_ACCESS) CHECK(mprotect(middle, PAGE, PROT_NONE) == 0);
}

static void aim(const struct test *t) {
    const uint64_t at = (uintptr_t)middle - t->crossing;
    set_reg(RSI, at);
    entry_xmm[2][0] |= 0x80; /* MASKMOVDQU's first byte */
    if (t->memory == NONCANONICAL) set_reg(t->base == PUSH ? RSP : t->base, 0x8123456789abcde0);
    else if (t->base == PUSH) set_reg(RSP, (uintptr_t)high + t->crossing);
    else set_reg(t->base, at);
    expected.rip = (uintptr_t)t->fault;
    expected.signo = SIGSEGV;
    expected.code = t->memory == UNMAPPED ? SEGV_MAPERR : SEGV_ACCERR;
    expected.address = t->base == PUSH ? entry_regs[RSP] - 8 : (uintptr_t)middle;
    expected.repair = t->memory == UNMAPPED ? make_mapped : make_accessible;
    expected.snapshot = before;
    expected.resume = t->repair == REPAIR ? 0 : (uintptr_t)t->end;
    if (t->memory != NONCANONICAL) return;
    expected.code = SI_KERNEL;
    expected.address = 0;
    if (t->base != RDI) expected.signo = SIGBUS; /* #SS */
    expected.resume_rsp = (uintptr_t)high + 64;
}

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800 };

/* What the SDM leaves undefined may come out one way before a fault and another way after it. */
static uint64_t defined_flags(const struct test *t) {
    static const struct {
        const char *name;
        uint64_t undefined;
    } rows[] = {{"rmw_shift", AF | OF}, {"multiply", SF | ZF | AF | PF}, {"bit_set", OF | SF | AF | PF}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, t->name) == 0) return ARITH & ~rows[i].undefined;
    }
    return ARITH;
}

/* With the memory good from the start: what a repaired fault must come to. */
static void run_golden(const struct test *t, uint64_t regs[REGS + 1], uint8_t *memory) {
    run(t->begin, 0);
    memcpy(regs, exit_regs, sizeof exit_regs);
    regs[REGS] = exit_flags & defined_flags(t);
    memcpy(memory, low, 3 * PAGE);
    memcpy(low, before, sizeof before);
}

static void run_test(const struct test *t) {
    static uint8_t golden_memory[3 * PAGE];
    uint64_t golden[REGS + 1];
    prepare(t->name);
    fill(t);
    aim(t);
    if (t->repair == REPAIR) run_golden(t, golden, golden_memory);
    spoil(t);
    run(t->begin, 1);
    if (t->repair == SKIP) {
        if (expected.resume_rsp) expected.regs[RSP] = expected.resume_rsp;
        for (int i = 0; i < REGS; i++) compare("register at the end", exit_regs[i], expected.regs[i]);
        return;
    }
    for (int i = 0; i < REGS; i++) compare("register when repaired", exit_regs[i], golden[i]);
    compare("flags when repaired", exit_flags & defined_flags(t), golden[REGS]);
    for (int i = 0; i < 3 * PAGE; i++) compare("memory when repaired", low[i], golden_memory[i]);
}

int main(void) {
    fault_init();
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) run_test(&tests[i]);
    }
    puts("fault_precise: ok");
    return 0;
}
