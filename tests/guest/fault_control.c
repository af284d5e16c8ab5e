/* SPDX-License-Identifier: ISC */
/* SDM 3 6.5: faults and traps that are not of an ordinary operand: arithmetic, undefined and privileged instructions, alignment, jumps
 * to where nothing may run, strings in the middle, segment bases, files that end. */
#include "tests/guest/fault_case.h"

CODE(divide, "div %r8");
CODE(divide_overflow, "div %rbx");
CODE(divide_signed, "idivl %ebx");
CODE(divide_byte, "div %bl");
CODE(undefined, "ud2");
CODE(undefined_lock, ".byte 0xf0, 0x01, 0xd8"); /* LOCK ADD EAX, EBX */
CODE(undefined_opcode, ".byte 0x06");
CODE(breakpoint, "int3");
CODE(halt, "hlt");
CODE(port, "in %dx, %al");
CODE(interrupts, "cli");
CODE(control, "mov %rax, %cr0");
CODE(align_load, "movaps (%rdi), %xmm3");
CODE(align_store, "movntps %xmm3, (%rdi)");
CODE(align_avx, "vmovaps (%rdi), %ymm3");
CODE(align_operand, "paddd (%rdi), %xmm3");
CODE(align_16, "lock cmpxchg16b (%rdi)");
CODE(align_image, "fxsave (%rdi)");
CODE(bad_mxcsr, "ldmxcsr (%rdi)");
CODE(jump, "jmp *%rdi");
CODE(jump_memory, "jmp *(%rdi)");
CODE(call, "call *%rdi");
CODE(call_memory, "call *(%rdi)");
CODE(ret, "ret");
CODE(ret_immediate, "ret $40");
CODE(kernel_load, "mov (%rdi), %rax");
CODE(movs, "rep movsb");
CODE(movs8, "rep movsq");
CODE(stos, "rep stosb");
CODE(stos4, "rep stosl");
CODE(lods, "rep lodsw");
CODE(cmps, "repe cmpsb");
CODE(scas, "repne scasb");
CODE(movs_down, "std; rep movsb; cld");
CODE(file_load, "mov (%rdi), %rax");
CODE(file_rmw, "lock orq $1, (%rdi)");
CODE(file_store, "movups %xmm3, (%rdi)");
/* arch_prctl(RSI, RDX), then an access there. */
CODE(fs_load, "mov $158, %eax; mov %rsi, %rdi; mov %rdx, %rsi; syscall; 1: mov %fs:(%rbx), %rdx");
CODE(fs_rmw, "mov $158, %eax; mov %rsi, %rdi; mov %rdx, %rsi; syscall; 1: addl $0, %fs:4(%rbx)");

#define REG_BIT(reg) (1u << (reg))
static uint8_t good[PAGE] __attribute__((aligned(PAGE)));

static void all_accessible(void) {
    CHECK(mmap(low, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == low);
    for (int i = 0; i < 3 * PAGE; i++) low[i] = (uint8_t)(random_number() >> 30);
}

static void middle_accessible(void) {
    CHECK(mprotect(middle, PAGE, PROT_READ | PROT_WRITE) == 0);
}

#define EXPECT(name, signo_, code_, address_)                                                            \
    (expected.rip = (uintptr_t)name##_fault, expected.signo = (signo_), expected.code = (code_), expected.address = (address_), \
     expected.resume = (uintptr_t)name##_end, run(name##_begin, 1))

static void test_arithmetic(void) {
    prepare("divide");
    set_reg(R8, 0);
    EXPECT(divide, SIGFPE, FPE_INTDIV, (uintptr_t)divide_fault);
    prepare("divide_overflow");
    set_reg(RDX, entry_regs[RBX]);
    EXPECT(divide_overflow, SIGFPE, FPE_INTDIV, (uintptr_t)divide_overflow_fault);
    prepare("divide_signed");
    set_reg(RAX, 0x80000000);
    set_reg(RDX, 0xffffffff);
    set_reg(RBX, 0xffffffff);
    EXPECT(divide_signed, SIGFPE, FPE_INTDIV, (uintptr_t)divide_signed_fault);
    prepare("divide_byte");
    set_reg(RBX, 1);
    set_reg(RAX, 0x100);
    EXPECT(divide_byte, SIGFPE, FPE_INTDIV, (uintptr_t)divide_byte_fault);
}

#define GENERAL(name) (prepare(#name), EXPECT(name, SIGSEGV, SI_KERNEL, 0))
#define UNALIGNED(name) (prepare(#name), set_reg(RDI, (uintptr_t)good + 8), EXPECT(name, SIGSEGV, SI_KERNEL, 0))

static void test_refused(void) {
    prepare("undefined");
    EXPECT(undefined, SIGILL, ILL_ILLOPN, (uintptr_t)undefined_fault);
    prepare("undefined_lock");
    EXPECT(undefined_lock, SIGILL, ILL_ILLOPN, (uintptr_t)undefined_lock_fault);
    prepare("undefined_opcode");
    EXPECT(undefined_opcode, SIGILL, ILL_ILLOPN, (uintptr_t)undefined_opcode_fault);
    GENERAL(halt);
    GENERAL(port);
    GENERAL(interrupts);
    GENERAL(control);
    prepare("breakpoint"); /* a trap: RIP is behind */
    expected.rip = (uintptr_t)breakpoint_end;
    expected.signo = SIGTRAP;
    expected.code = SI_KERNEL;
    run(breakpoint_begin, 1);
}

static void test_alignment(void) {
    memset(good, 0xff, sizeof good);
    UNALIGNED(align_load);
    UNALIGNED(align_store);
    UNALIGNED(align_avx);
    UNALIGNED(align_operand);
    UNALIGNED(align_16);
    UNALIGNED(align_image);
    UNALIGNED(bad_mxcsr);
    for (size_t i = 0; i < sizeof good; i++) CHECK(good[i] == 0xff);
}

/* A jump that has been taken: RIP is the target, and a CALL has pushed its return address. */
static void expect_at(uint64_t target, int signo, int code, const char *end) {
    expected.rip = expected.address = target;
    expected.signo = signo;
    expected.code = code;
    expected.resume = (uintptr_t)end;
}

static void test_jumps_to(uint64_t target, int code) {
    uint64_t *stack = (uint64_t *)(good + PAGE / 2);
    prepare("jump");
    set_reg(RDI, target);
    expect_at(target, SIGSEGV, code, jump_end);
    run(jump_begin, 1);
    prepare("jump_memory");
    memcpy(good, &target, 8);
    set_reg(RDI, (uintptr_t)good);
    expect_at(target, SIGSEGV, code, jump_memory_end);
    run(jump_memory_begin, 1);
    prepare("call");
    set_reg(RDI, target);
    set_reg(RSP, (uintptr_t)stack);
    expected.regs[RSP] -= 8;
    expect_at(target, SIGSEGV, code, call_end);
    run(call_begin, 1);
    CHECK(stack[-1] == (uintptr_t)call_end);
    prepare("call_memory");
    set_reg(RDI, (uintptr_t)good);
    set_reg(RSP, (uintptr_t)stack);
    expected.regs[RSP] -= 8;
    expect_at(target, SIGSEGV, code, call_memory_end);
    run(call_memory_begin, 1);
    CHECK(stack[-1] == (uintptr_t)call_memory_end);
    prepare("ret");
    stack[0] = target;
    set_reg(RSP, (uintptr_t)stack);
    expected.regs[RSP] += 8;
    expect_at(target, SIGSEGV, code, ret_end);
    run(ret_begin, 1);
    prepare("ret_immediate");
    set_reg(RSP, (uintptr_t)stack);
    expected.regs[RSP] += 48;
    expect_at(target, SIGSEGV, code, ret_immediate_end);
    run(ret_immediate_begin, 1);
}

static void test_jumps(void) {
    all_accessible();
    for (int i = 0; i < 5; i++) test_jumps_to((uintptr_t)middle + 17 * (unsigned)i, SEGV_ACCERR); /* NX */
    CHECK(mprotect(middle, PAGE, PROT_NONE) == 0);
    test_jumps_to((uintptr_t)middle, SEGV_ACCERR);
    test_jumps_to((uintptr_t)middle + PAGE - 1, SEGV_ACCERR);
    CHECK(munmap(middle, PAGE) == 0);
    test_jumps_to((uintptr_t)middle + 5, SEGV_MAPERR);
    const uint64_t nowhere[] = {0, 1, 15, 0xfff, 0x1000, 0x7fffffffffff, 0x7ffffffff000, 0xffff800000000000};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) test_jumps_to(nowhere[i], SEGV_MAPERR);
    prepare("kernel_load");
    set_reg(RDI, 0xffff900000000010);
    EXPECT(kernel_load, SIGSEGV, SEGV_MAPERR, 0xffff900000000010);
}

static void low_and_middle_executable(void) {
    CHECK(mprotect(low, 2 * PAGE, PROT_READ | PROT_EXEC) == 0);
}

/* An instruction whose end lies on a page that may not run: RIP is its start, the address that page's. */
static void test_fetch(void) {
    static const uint8_t code[] = {0xb8, 0x78, 0x56, 0x34, 0x12, 0xff, 0xe3}; /* mov eax, 0x12345678; jmp rbx */
    for (unsigned split = 1; split < sizeof code; split++) {
        all_accessible();
        memcpy(middle - split, code, sizeof code);
        CHECK(mprotect(low, PAGE, PROT_READ | PROT_EXEC) == 0);
        prepare("fetch");
        set_reg(RDI, (uintptr_t)middle - split);
        set_reg(RBX, (uintptr_t)jump_end);
        if (split >= 5) expected.regs[RAX] = 0x12345678;
        expected.rip = (uintptr_t)middle - (split < 5 ? split : split - 5);
        expected.signo = SIGSEGV;
        expected.code = SEGV_ACCERR;
        expected.address = (uintptr_t)middle;
        expected.repair = low_and_middle_executable;
        run(jump_begin, 1);
        CHECK(exit_regs[RAX] == 0x12345678);
    }
}

struct string {
    const char *name, *begin, *fault, *end;
    unsigned size, count; /* of an element; elements in all */
    int start;            /* bytes from the start of the middle page */
    bool source;          /* RSI is the register that runs into it, not RDI */
    bool down;
};
#define STRING(name, ...) {#name, name##_begin, name##_fault, name##_end, __VA_ARGS__}

/* Some elements are done: the registers say how many, and the rest follows when the page is there. */
static void test_string(const struct string *t) {
    all_accessible();
    memset(good, 0xaa, sizeof good);
    if (t->begin == cmps_begin) memset(low, 0xaa, 3 * PAGE);
    CHECK(mprotect(middle, PAGE, PROT_NONE) == 0);
    prepare(t->name);
    const int step = t->down ? -(int)t->size : (int)t->size;
    const unsigned room = (unsigned)(t->down ? t->start + (int)t->size - PAGE : -t->start);
    const unsigned done = room / t->size;
    const bool other = t->begin != lods_begin && t->begin != scas_begin && t->begin != stos_begin && t->begin != stos4_begin;
    const int reg = t->source ? RSI : RDI;
    set_reg(RSI, (uintptr_t)good + PAGE / 2);
    set_reg(RDI, (uintptr_t)good + PAGE / 2);
    set_reg(reg, (uintptr_t)middle + (uint64_t)t->start);
    set_reg(RCX, t->count);
    expected.regs[RCX] -= done;
    expected.regs[reg] += (uint64_t)(step * (int)done);
    if (other) expected.regs[reg ^ RSI ^ RDI] += (uint64_t)(step * (int)done);
    expected.signo = SIGSEGV;
    expected.code = SEGV_ACCERR;
    expected.rip = (uintptr_t)t->fault + (t->down ? 1 : 0);
    expected.address = t->down ? (uintptr_t)high - 1 : (uintptr_t)middle;
    expected.repair = middle_accessible;
    expected.flags_ignored = t->begin == cmps_begin || t->begin == scas_begin;
    expected.ignored = t->begin == lods_begin ? REG_BIT(RAX) : 0;
    run(t->begin, 1);
    CHECK(exit_regs[RCX] == 0 && exit_regs[reg] == entry_regs[reg] + (uint64_t)(step * (int)t->count));
}

static void test_strings(void) {
    static const struct string strings[] = {
        STRING(movs, 1, 300, -100, false, false), STRING(movs, 1, 1, 0, false, false), STRING(movs, 1, 200, -199, true, false),
        STRING(movs8, 8, 50, -96, false, false), STRING(movs8, 8, 50, -100, false, false),
        STRING(movs8, 8, 20, -77, true, false), STRING(stos, 1, 2000, -1500, false, false),
        STRING(stos4, 4, 300, -1000, false, false), STRING(stos4, 4, 300, -1001, false, false),
        STRING(lods, 2, 40, -41, true, false), STRING(cmps, 1, 90, -33, true, false), STRING(cmps, 1, 90, -33, false, false),
        STRING(movs_down, 1, 300, PAGE + 99, false, true), STRING(movs_down, 1, 50, PAGE + 30, true, true),
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) test_string(&strings[i]);
}

static int file = -1;

static void grow_file(void) {
    CHECK(ftruncate(file, 2 * PAGE) == 0);
}

static void test_file_end(const char *name, const char *begin, const char *fault) {
    all_accessible();
    CHECK(ftruncate(file, PAGE) == 0);
    CHECK(mmap(middle, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, PAGE) == middle);
    prepare(name);
    set_reg(RDI, (uintptr_t)middle + 48);
    expected.rip = (uintptr_t)fault;
    expected.signo = SIGBUS;
    expected.code = BUS_ADRERR;
    expected.address = (uintptr_t)middle + 48;
    expected.repair = grow_file;
    run(begin, 1);
}

static void test_files(void) {
    file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0);
    test_file_end("file_load", file_load_begin, file_load_fault);
    CHECK(exit_regs[RAX] == 0);
    test_file_end("file_rmw", file_rmw_begin, file_rmw_fault);
    CHECK(middle[48] == 1);
    test_file_end("file_store", file_store_begin, file_store_fault);
    CHECK(memcmp(middle + 48, entry_xmm[3], 16) == 0);
}

/* handler_entry puts the base back, so that the access then reaches the thread's own block. */
static void test_base(const char *name, const char *begin, unsigned length, int which, uint64_t offset) {
    prepare(name);
    set_reg(RSI, (uint64_t)which);
    set_reg(RDX, (uintptr_t)middle);
    set_reg(RBX, 16);
    expected.rip = (uintptr_t)begin + length;
    expected.signo = SIGSEGV;
    expected.code = SEGV_ACCERR;
    expected.address = (uintptr_t)middle + 16 + offset;
    expected.ignored = REG_BIT(RAX) | REG_BIT(RCX) | REG_BIT(3) | REG_BIT(RDI) | REG_BIT(RSI); /* 3: r11 */
    run(begin, 1);
}

int main(void) {
    fault_init();
    for (int round = 0; round < 5; round++) {
        test_arithmetic();
        test_refused();
        test_alignment();
        test_jumps();
        test_fetch();
        test_strings();
        test_files();
        all_accessible();
        CHECK(mprotect(middle, PAGE, PROT_NONE) == 0);
        test_base("fs_load", fs_load_begin, (unsigned)(fs_load_end - fs_load_begin) - 4, 0x1002, 0);
        test_base("fs_rmw", fs_rmw_begin, (unsigned)(fs_rmw_end - fs_rmw_begin) - 5, 0x1002, 4);
    }
    puts("fault_control: ok");
    return 0;
}
