/* SPDX-License-Identifier: ISC */
/* The ABI's stack: RSP is a multiple of 16 at a program's first instruction, whatever the number and length of its strings, and 8 more
 * than one in a signal handler, on whatever stack and wherever it interrupts. Compilers store vectors there. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

/* Linked static and without position: the library's first instruction saves RSP nowhere, but main's arguments lie above it. */
static int starts_aligned(char **argv) {
    return ((uintptr_t)argv - 8) % 16 == 0; /* argc lies before argv */
}

static void programs(void) {
    char *args[20] = {"stack_aligned"}, *env[20] = {NULL};
    static char text[64];
    for (int n = 0; n < 16; n++) {
        for (int i = 0; i < n; i++) args[1 + i] = "x";
        args[1 + n] = NULL;
        memset(text, 'y', sizeof text);
        text[n * 3] = 0;
        env[0] = text;
        env[n % 3] = NULL;
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            setenv("STACK_ALIGNED", text, 1);
            execve("/proc/self/exe", args, n % 2 ? env : (char *[]){"STACK_ALIGNED=1", "A=b", NULL});
            _exit(9);
        }
        wait_ok(pid);
    }
}

static volatile int n_handled, n_aligned;

__attribute__((noinline)) static void note(uintptr_t frame) {
    n_handled++;
    n_aligned += frame % 16 == 0;
}

static void handler(int number) {
    note((uintptr_t)__builtin_frame_address(0)); /* RSP at the entry less 8: a multiple of 16 */
}

/* RSP moved by every amount while the signal comes. */
static void raise_with(unsigned shift, int pid) {
    __asm__ volatile("mov %%rsp, %%r12\n sub $256, %%rsp\n sub %0, %%rsp\n mov $62, %%eax\n syscall\n mov %%r12, %%rsp\n"
                     : : "r"((uint64_t)shift), "D"((long)pid), "S"((long)SIGUSR1) : "rax", "rcx", "r11", "r12", "memory");
}

static void *handlers(void *arg) {
    const int before = n_handled;
    for (unsigned shift = 0; shift < 64; shift++) raise_with(shift, getpid());
    CHECK(n_handled == before + 64 && n_aligned == n_handled);
    return NULL;
}

int main(int argc, char **argv) {
    static char other[32768 + 8];
    struct sigaction action = {.sa_handler = handler};
    if (argc == 0 || strcmp(argv[0], "stack_aligned") == 0) return !starts_aligned(argv);
    CHECK(starts_aligned(argv));
    programs();
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    handlers(NULL);
    const stack_t stack = {.ss_sp = other + 5, .ss_size = 32768};
    CHECK(sigaltstack(&stack, NULL) == 0);
    action.sa_flags = SA_ONSTACK;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    handlers(NULL);
    puts("alignment ok");
    return 0;
}
