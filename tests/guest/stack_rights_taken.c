/* SPDX-License-Identifier: ISC */
// long: 30
/* A thread calls and returns without pause while another takes away and gives back the right to write to (or all rights of) its
 * stack. Each fault shows an instruction that pushes, pops or calls, and all goes on when it is tried again. stack_rights_taken [SECONDS]. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#define SIZE 65536

extern const char calls_begin[], calls_end[];
uint64_t calls(void *stack, uint64_t n);
__asm__(".pushsection .text\n"
        "calls: push %rbx; push %rbp; mov %rsp, %rbp; mov %rdi, %rsp; xor %eax, %eax; lea leaf(%rip), %rbx\n"
        "calls_begin:\n"
        "1: call leaf; call *%rbx; push %rsi; call outer; pop %rsi; dec %rsi; jnz 1b\n"
        "jmp 2f\n"
        "leaf: inc %rax; ret\n"
        "outer: call leaf; call *%rbx; ret\n"
        "calls_end:\n"
        "2: mov %rbp, %rsp; pop %rbp; pop %rbx; ret\n"
        ".popsection\n");

static char *stack;
static _Atomic int is_over;
static _Atomic uint64_t n_faults;

static void on_fault(int signo, siginfo_t *info, void *context) {
    const ucontext_t *uc = context;
    const uint64_t rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP], rsp = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
    const uint64_t at = (uintptr_t)info->si_addr;
    const char *wrong = NULL;
    if (rip < (uintptr_t)calls_begin || rip >= (uintptr_t)calls_end) wrong = "rip";
    if (rsp <= (uintptr_t)stack || rsp > (uintptr_t)stack + SIZE) wrong = "rsp";
    if (at < (uintptr_t)stack || at >= (uintptr_t)stack + SIZE) wrong = "address";
    if (wrong) {
        printf("%s: rip %llx rsp %llx address %llx\n", wrong, (unsigned long long)rip, (unsigned long long)rsp, (unsigned long long)at);
        fflush(stdout);
        _exit(1);
    }
    n_faults++;
    sched_yield();
}

static void *change(void *arg) {
    for (unsigned i = 0; !is_over; i++) {
        CHECK(mprotect(stack, SIZE, i & 1 ? PROT_READ : PROT_NONE) == 0);
        CHECK(mprotect(stack, SIZE, PROT_READ | PROT_WRITE) == 0);
    }
    return NULL;
}

static void run(int seconds) {
    pthread_t thread;
    struct timespec start, now;
    is_over = 0;
    CHECK(pthread_create(&thread, NULL, change, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        CHECK(calls(stack + SIZE - 64, 2000) == 4 * 2000);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < seconds);
    is_over = 1;
    CHECK(pthread_join(thread, NULL) == 0);
}

/* In a child, too, whose memory a machine may keep in another way. */
int main(int argc, char **argv) {
    const int seconds = argc > 1 ? atoi(argv[1]) : 1;
    static char alternate[65536];
    const stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED && sigaltstack(&ss, NULL) == 0 && sigaction(SIGSEGV, &sa, NULL) == 0);
    run(seconds);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run(seconds);
        _exit(0);
    }
    wait_ok(child);
    fprintf(stderr, "%llu faults\n", (unsigned long long)n_faults);
    puts("stack_rights_taken: ok");
    return 0;
}
