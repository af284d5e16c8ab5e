/* SPDX-License-Identifier: ISC */
/* The host CPU as oracle. The entry stub lives at a fixed address below 2 GiB, so that it can reach its block of saved
 * values without a register; the handler copies the context out and resumes at the stub's tail. */
#include "tests/differential/host_run.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define BLOCK_ADDRESS 0x22000000
#define STUB_ADDRESS 0x22010000
#define PAGE 0x1000u

/* Lives at BLOCK_ADDRESS; the stub below uses these offsets. */
struct block {
    uint64_t gpr[15];    /* 0: all but RSP, in the order of gpr_order */
    uint64_t frame[5];   /* 120: rip cs rflags rsp ss for IRETQ */
    uint64_t host_rsp;   /* 160 */
    uint32_t host_mxcsr; /* 168 */
    uint32_t pad;
    struct result *out;
    uint64_t start;      /* address of the instruction: a REP iteration traps with rip unchanged */
    bool repeats;
    uint8_t xsave[832] __attribute__((aligned(64))); /* 256 */
};
_Static_assert(offsetof(struct block, frame) == 120, "stub");
_Static_assert(offsetof(struct block, host_rsp) == 160, "stub");
_Static_assert(offsetof(struct block, xsave) == 256, "stub");

static struct block *const block = (struct block *)BLOCK_ADDRESS;

extern const char stub_begin[], stub_resume[], stub_end[];
__asm__(".pushsection .rodata\n"
        "stub_begin:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "stmxcsr 0x220000a8\n"
        "mov %rsp, 0x220000a0\n"
        "mov $7, %eax; xor %edx, %edx\n"
        "xrstor64 0x22000100\n"
        "mov 0x22000000, %rax; mov 0x22000008, %rcx; mov 0x22000010, %rdx; mov 0x22000018, %rbx\n"
        "mov 0x22000020, %rbp; mov 0x22000028, %rsi; mov 0x22000030, %rdi; mov 0x22000038, %r8\n"
        "mov 0x22000040, %r9; mov 0x22000048, %r10; mov 0x22000050, %r11; mov 0x22000058, %r12\n"
        "mov 0x22000060, %r13; mov 0x22000068, %r14; mov 0x22000070, %r15\n"
        "mov $0x22000078, %esp\n"
        "iretq\n"
        "stub_resume:\n"
        "mov 0x220000a0, %rsp\n"
        "fninit; vzeroall; ldmxcsr 0x220000a8; cld\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n"
        "stub_end:\n"
        ".popsection\n");

/* Encoding order without RSP, and the kernel's slots of the same registers. */
static const int greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static void on_signal(int signo, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;
    (void)info;
    if (signo == SIGTRAP && block->repeats && (uint64_t)g[REG_RIP] == block->start) {
        return; /* one iteration done, TF is still set */
    }
    struct result *out = block->out;
    for (int i = 0; i < 16; i++) out->after.gpr[i] = (uint64_t)g[greg_of[i]];
    out->after.rip = (uint64_t)g[REG_RIP];
    out->after.rflags = (uint64_t)g[REG_EFL] & ~0x10100ull; /* without TF and RF */
    memcpy(out->after.xsave, uc->uc_mcontext.fpregs, sizeof out->after.xsave);
    out->vector = (unsigned)g[REG_TRAPNO];
    out->error_code = (uint32_t)g[REG_ERR];
    out->fault_address = (uint64_t)g[REG_CR2];
    out->outcome = signo == SIGTRAP && out->vector == 1 ? OUTCOME_RETIRED : OUTCOME_EXCEPTION;
    g[REG_RIP] = STUB_ADDRESS + (stub_resume - stub_begin);
    g[REG_RSP] = (greg_t)block->host_rsp;
    g[REG_EFL] = 0x202;
}

static bool map_fixed(uint64_t at, size_t size, int prot) {
    return mmap((void *)at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
           (void *)at;
}

int host_run_init(void) {
    const int rw = PROT_READ | PROT_WRITE;
    if (!map_fixed(CODE_GVA, CODE_PAGES_SIZE, rw | PROT_EXEC) || !map_fixed(DATA_GVA, DATA_SIZE, rw) ||
        !map_fixed(BLOCK_ADDRESS, PAGE, rw) || !map_fixed(STUB_ADDRESS, PAGE, rw | PROT_EXEC)) {
        return -1;
    }
    memcpy((void *)STUB_ADDRESS, stub_begin, (size_t)(stub_end - stub_begin));
    static uint8_t stack[65536] __attribute__((aligned(64)));
    const stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(&alt, NULL)) return -1;
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (sigaction(signals[i], &sa, NULL)) return -1;
    }
    return 0;
}

bool host_run_owns(uint64_t gva) {
    return gva - BLOCK_ADDRESS < PAGE || gva - STUB_ADDRESS < PAGE;
}

void host_run(const struct instance *instance, struct result *out) {
    const struct machine_state *s = &instance->before;
    memcpy((void *)DATA_GVA, s->data, DATA_SIZE);
    memset((void *)CODE_GVA, CODE_FILL, CODE_PAGES_SIZE);
    memcpy((void *)s->rip, instance->bytes, instance->length);
    for (int i = 0, k = 0; i < 16; i++) {
        if (i != 4) block->gpr[k++] = s->gpr[i];
    }
    const uint64_t frame[5] = {s->rip, 0x33, s->rflags | 0x102, s->gpr[4], 0x2b};
    memcpy(block->frame, frame, sizeof frame);
    memcpy(block->xsave, s->xsave, sizeof block->xsave);
    block->out = out;
    block->start = s->rip;
    block->repeats = instance->repeats;
    ((void (*)(void))STUB_ADDRESS)();
    memcpy(out->after.data, (void *)DATA_GVA, DATA_SIZE);
    memcpy(out->after.code, (void *)CODE_GVA, CODE_PAGES_SIZE);
}
