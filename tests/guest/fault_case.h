/* SPDX-License-Identifier: ISC */
/* For tests of faults: runs an instruction with all registers given, and a handler that compares everything with what a fault
 * must leave (SDM 3 6.5), then repairs the cause or goes elsewhere. Three pages: low, middle (the bad one), high. */
#pragma once

#include "tests/guest/check.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define PAGE 4096
#define REGS 16
#define ARITH 0x8d5

/* In the order of gregs: r8-r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp. */
enum { R8, R12 = 4, R13, R14, R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP };

/* The asm below names these. */
uint64_t entry_regs[REGS], exit_regs[REGS], entry_flags, exit_flags, entry_target, saved_rsp, saved_fs;
uint8_t entry_xmm[16][16];

/* Loads entry_regs, flags and vectors and goes to entry_target, which ends at case_done. */
void run_case(void);
void case_done(void);
__asm__(".pushsection .text\n"
        "run_case: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, saved_rsp(%rip)\n"
        "lea entry_xmm(%rip), %rax\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n movups 16*\\n(%rax), %xmm\\n\n .endr\n"
        "pushq entry_flags(%rip); popfq\n"
        "lea entry_regs(%rip), %rsp\n"
        "pop %r8; pop %r9; pop %r10; pop %r11; pop %r12; pop %r13; pop %r14; pop %r15; pop %rdi; pop %rsi; pop %rbp; pop %rbx\n"
        "pop %rdx; pop %rax; pop %rcx; pop %rsp\n"
        "jmp *entry_target(%rip)\n"
        "case_done: mov %rsp, exit_regs+120(%rip)\n"
        "lea exit_regs+120(%rip), %rsp\n"
        "push %rcx; push %rax; push %rdx; push %rbx; push %rbp; push %rsi; push %rdi; push %r15; push %r14; push %r13; push %r12\n"
        "push %r11; push %r10; push %r9; push %r8\n"
        "mov saved_rsp(%rip), %rsp\n"
        "pushfq; popq exit_flags(%rip); cld\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
        /* The handler must not see a strange FS: it goes back to what the C library set before any C code runs. */
        "handler_entry: push %rdi; push %rsi; push %rdx; mov $158, %eax; mov $0x1002, %edi; mov saved_fs(%rip), %rsi; syscall\n"
        "pop %rdx; pop %rsi; pop %rdi; jmp on_fault\n"
        ".popsection");
void handler_entry(int signo, siginfo_t *info, void *context);
void on_fault(int signo, siginfo_t *info, void *context);

static uint8_t *low, *middle, *high;

static struct expectation {
    const char *name;
    int signo, code;
    uint64_t address, rip, flags;
    uint64_t regs[REGS];
    uint32_t ignored;        /* registers that are not compared, by bit */
    bool flags_ignored;
    uint64_t resume;         /* where to go on; 0: at the same place */
    uint64_t resume_rsp;     /* with that RSP; 0: as it is */
    void (*repair)(void);    /* NULL: nothing */
    const uint8_t *snapshot; /* what the three pages must still hold; NULL: not compared */
    int seen;
} expected;

static void wrong(const char *what, uint64_t is, uint64_t should) {
    printf("%s: %s %llx, not %llx\n", expected.name, what, (unsigned long long)is, (unsigned long long)should);
    fflush(stdout);
    _exit(1);
}

static void compare(const char *what, uint64_t is, uint64_t should) {
    if (is != should) wrong(what, is, should);
}

void on_fault(int signo, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    const greg_t *g = uc->uc_mcontext.gregs;
    compare("signal", (unsigned)signo, (unsigned)expected.signo);
    compare("rip", (uint64_t)g[REG_RIP], expected.rip);
    compare("si_code", (unsigned)info->si_code, (unsigned)expected.code);
    compare("si_addr", (uintptr_t)info->si_addr, expected.address);
    for (int i = 0; i < REGS; i++) {
        static const char *const names[] = {"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx",
                                            "rdx", "rax", "rcx", "rsp"};
        if (!(expected.ignored >> i & 1)) compare(names[i], (uint64_t)g[i], expected.regs[i]);
    }
    if (!expected.flags_ignored) compare("flags", (uint64_t)g[REG_EFL] & ARITH, expected.flags);
    for (int i = 0; i < 16; i++) {
        if (memcmp(&uc->uc_mcontext.fpregs->_xmm[i], entry_xmm[i], 16)) wrong("xmm changed", (unsigned)i, 0);
    }
    expected.seen++;
    if (expected.repair) expected.repair();
    for (int i = 0; expected.snapshot && i < 3 * PAGE; i++) compare("memory", low[i], expected.snapshot[i]);
    if (expected.resume) uc->uc_mcontext.gregs[REG_RIP] = (greg_t)expected.resume;
    if (expected.resume_rsp) uc->uc_mcontext.gregs[REG_RSP] = (greg_t)expected.resume_rsp;
}

static inline uint64_t random_number(void) {
    static uint64_t x = 88172645463325252ull;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* SDM 1 3.4.3.1 of a + b. */
static inline uint64_t add_flags(uint64_t a, uint64_t b) {
    const uint64_t r = a + b;
    uint64_t flags = (r < a) | ((a ^ b ^ r) & 0x10) | (r == 0) << 6 | (r >> 63) << 7 | ((a ^ r) & (b ^ r)) >> 63 << 11;
    if (!__builtin_parity((unsigned)(r & 0xff))) flags |= 4;
    return flags;
}

/* What every case does first: two instructions whose effects must be there when the third faults. */
#define PRELUDE "lea 5(%r13), %r13; add %r13, %r12;"
/* Labels name_begin, name_fault (the instruction), name_end. */
#define CODE(name, text)                                                                                 \
    extern const char name##_begin[], name##_fault[], name##_end[];                                      \
    __asm__(".pushsection .text\n" #name "_begin: " PRELUDE "\n" #name "_fault: " text "\n" #name "_end: jmp case_done\n.popsection")

/* Random registers; the expectation after PRELUDE. Registers may then be changed by set_reg. */
static inline void prepare(const char *name) {
    for (int i = 0; i < REGS; i++) entry_regs[i] = random_number();
    entry_regs[RSP] = (uintptr_t)high + PAGE / 2; /* a kernel cannot return to one that is not canonical */
    entry_regs[RBX] &= 0x3f;                      /* bit offsets */
    for (int i = 0; i < 16; i++) {
        const uint64_t v[2] = {random_number() & 0x3fffffffffffffff, random_number()};
        memcpy(entry_xmm[i], v, 16);
    }
    entry_flags = 0x202 | (random_number() & ARITH);
    memset(&expected, 0, sizeof expected);
    expected.name = name;
    memcpy(expected.regs, entry_regs, sizeof entry_regs);
    expected.regs[R13] += 5;
    expected.regs[R12] += expected.regs[R13];
    expected.flags = add_flags(entry_regs[R12], expected.regs[R13]);
}

static inline void set_reg(int reg, uint64_t value) {
    entry_regs[reg] = expected.regs[reg] = value;
}

/* Runs from begin to case_done; the fault must have come as often as said. */
static inline void run(const char *begin, int faults) {
    entry_target = (uintptr_t)begin;
    run_case();
    if (expected.seen != faults) wrong("faults", (unsigned)expected.seen, (unsigned)faults);
}

static inline void fault_init(void) {
    static uint8_t stack[65536];
    const stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = handler_entry, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    CHECK(sigaltstack(&alt, NULL) == 0);
    CHECK(syscall(SYS_arch_prctl, 0x1003, &saved_fs) == 0);
    for (int i = 0; i < 5; i++) CHECK(sigaction(signals[i], &action, NULL) == 0);
    low = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(low != MAP_FAILED);
    middle = low + PAGE;
    high = middle + PAGE;
}
