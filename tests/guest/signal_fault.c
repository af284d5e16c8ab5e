/* SPDX-License-Identifier: ISC */
/* signal(7): faults become signals with the right code and address; a fault in a blocked signal kills. */
#define _GNU_SOURCE
#include "tests/guest/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int seen_signo, seen_code;
static void *volatile seen_address;
static volatile uint64_t seen_trap, seen_error, seen_cr2;

static void on_fault(int signo, siginfo_t *info, void *context) {
    const ucontext_t *uc = context;
    seen_signo = signo;
    seen_code = info->si_code;
    seen_address = info->si_addr;
    seen_trap = (uint64_t)uc->uc_mcontext.gregs[REG_TRAPNO];
    seen_error = (uint64_t)uc->uc_mcontext.gregs[REG_ERR];
    seen_cr2 = (uint64_t)uc->uc_mcontext.gregs[REG_CR2];
    siglongjmp(back, 1);
}

#define EXPECT(code_, statement, signo)                                     \
    do {                                                                    \
        seen_signo = 0;                                                     \
        if (sigsetjmp(back, 1) == 0) {                                      \
            statement;                                                      \
        }                                                                   \
        if (seen_signo != (signo) || seen_code != (code_))                  \
            printf("%s: signal %d code %d\n", #statement, seen_signo, seen_code); \
        CHECK(seen_signo == (signo) && seen_code == (code_));               \
    } while (0)

static void memory_faults(void) {
    volatile char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    CHECK(munmap((void *)(page + 4096), 4096) == 0);
    (void)page[5]; /* present from here on, so that the error codes say so */
    EXPECT(SEGV_ACCERR, page[5] = 1, SIGSEGV);
    CHECK(seen_address == page + 5 && seen_trap == 14 && seen_error == 7 && seen_cr2 == (uintptr_t)(page + 5));
    EXPECT(SEGV_MAPERR, (void)page[4096], SIGSEGV);
    CHECK(seen_address == page + 4096 && seen_error == 4);
    EXPECT(SEGV_ACCERR, ((void (*)(void))(uintptr_t)page)(), SIGSEGV);
    CHECK(seen_address == page && seen_error == 0x15);
    EXPECT(SI_KERNEL, *(volatile char *)0x8000000000000000 = 0, SIGSEGV);
    CHECK(seen_address == NULL && seen_trap == 13);
}

static void instruction_faults(void) {
    EXPECT(SI_KERNEL, __asm__ volatile("hlt"), SIGSEGV);
    EXPECT(ILL_ILLOPN, __asm__ volatile("ud2"), SIGILL);
    EXPECT(SI_KERNEL, __asm__ volatile("int3"), SIGTRAP);
    EXPECT(FPE_INTDIV, __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "eax", "ecx", "edx", "cc"),
           SIGFPE);
    const unsigned mxcsr = 0x1d80, normal = 0x1f80;
    EXPECT(FPE_FLTDIV,
           __asm__ volatile("ldmxcsr %0; mov $0x3f800000, %%eax; movd %%eax, %%xmm0; xorps %%xmm1, %%xmm1; divss %%xmm1, %%xmm0"
                            ::"m"(mxcsr) : "eax", "xmm0", "xmm1"),
           SIGFPE);
    __asm__ volatile("ldmxcsr %0" ::"m"(normal));
}

static void fault_while_blocked_kills(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        sigprocmask(SIG_BLOCK, &set, NULL);
        volatile int *volatile nowhere = (volatile int *)16;
        *nowhere = 1;
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void overflowed_stack_kills(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        __asm__ volatile("mov $64, %%rsp; ud2" ::: "memory");
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (int i = 0; i < 5; i++) CHECK(sigaction(signals[i], &action, NULL) == 0);
    memory_faults();
    instruction_faults();
    fault_while_blocked_kills();
    overflowed_stack_kills();
    puts("faults as signals: ok");
    return 0;
}
