/* SPDX-License-Identifier: ISC */
/* PTRACE_SINGLESTEP: one instruction each, over system calls, into handlers, with the program's own trap flag; breakpoints.
 * Source: ptrace(2). */
#include "tracing.h"

static volatile long counter;

__asm__(".globl steps_start, steps_end, call_instruction, after_call\n"
        "steps_start: xor %eax, %eax\n mov $5, %ecx\n 1: add $3, %eax\n dec %ecx\n jnz 1b\n"
        "mov $39, %eax\n call_instruction: syscall\n after_call: nop\n steps_end: ret\n");
extern char steps_start[], steps_end[], call_instruction[], after_call[];

static void run_steps(void) {
    ((void (*)(void))(void *)steps_start)();
}

static siginfo_t info_of(pid_t pid) {
    siginfo_t info;
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0);
    return info;
}

static void insert_breakpoint(pid_t pid, const char *at, long *saved) {
    CHECK(trace(PTRACE_PEEKTEXT, pid, (void *)at, saved) == 0);
    CHECK(trace(PTRACE_POKETEXT, pid, (void *)at, (void *)((*saved & ~0xffl) | 0xcc)) == 0);
}

static void remove_breakpoint(pid_t pid, const char *at, long saved) {
    struct user_regs_struct regs = registers_of(pid);
    CHECK(regs.rip == (unsigned long)at + 1);
    regs.rip--;
    CHECK(trace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
    CHECK(trace(PTRACE_POKETEXT, pid, (void *)at, (void *)saved) == 0);
}

static void to(pid_t pid, const char *at) {
    long saved;
    insert_breakpoint(pid, at, &saved);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGTRAP);
    CHECK(info_of(pid).si_code == SI_KERNEL);
    remove_breakpoint(pid, at, saved);
}

static void count_instructions(void) {
    const pid_t pid = start_tracee(run_steps);
    int n = 0;
    to(pid, steps_start);
    while (registers_of(pid).rip != (unsigned long)steps_end) {
        const bool is_call = registers_of(pid).rip == (unsigned long)call_instruction;
        resume(PTRACE_SINGLESTEP, pid, 0);
        expect_stop(pid, SIGTRAP);
        CHECK(!(registers_of(pid).eflags & 0x100));
        printf("%d: +%ld eax %d code %d\n", n, (long)(registers_of(pid).rip - (unsigned long)steps_start),
               is_call ? (pid_t)registers_of(pid).rax == pid : (int)(registers_of(pid).rax & 0xff), info_of(pid).si_code);
        n++;
        if (is_call) CHECK(registers_of(pid).rip == (unsigned long)after_call);
        if (is_call) CHECK(trace(PTRACE_POKEUSER, pid, (void *)(10 * 8), NULL) == 0);
    }
    printf("%d steps\n", n);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 0);
}

static void handler(int signo) {
    counter++;
}

static void signal_itself(void) {
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    _exit((int)counter);
}

/* A step with a signal ends at the handler's first instruction. */
static void into_handler(void) {
    const pid_t pid = start_tracee(signal_itself);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGUSR1);
    resume(PTRACE_SINGLESTEP, pid, SIGUSR1);
    expect_stop(pid, SIGTRAP);
    const struct user_regs_struct regs = registers_of(pid);
    CHECK(regs.rip == (unsigned long)handler && regs.rdi == SIGUSR1);
    for (int i = 0; i < 3; i++) {
        resume(PTRACE_SINGLESTEP, pid, 0);
        expect_stop(pid, SIGTRAP);
    }
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 1);
}

static void spin(void) {
    for (;;) counter++;
}

/* A program in a loop steps exactly, at whatever place it is stopped. */
static void from_a_loop(void) {
    const pid_t pid = start_tracee(spin);
    long before = 0, after;
    while (before == 0) { /* a loaded host may not have run it at all */
        resume(PTRACE_CONT, pid, 0);
        usleep(20000);
        CHECK(kill(pid, SIGUSR2) == 0);
        expect_stop(pid, SIGUSR2);
        CHECK(trace(PTRACE_PEEKDATA, pid, (void *)&counter, &before) == 0);
    }
    int stores = 0;
    for (int i = 0; i < 3000; i++) {
        resume(PTRACE_SINGLESTEP, pid, 0);
        expect_stop(pid, SIGTRAP);
        CHECK(trace(PTRACE_PEEKDATA, pid, (void *)&counter, &after) == 0);
        CHECK(after == before || after == before + 1);
        stores += after != before;
        before = after;
    }
    CHECK(stores >= 3000 / 5 - 1);
    CHECK(kill(pid, SIGKILL) == 0);
    expect_death(pid, SIGKILL);
}

int main(void) {
    count_instructions();
    into_handler();
    from_a_loop();
    printf("steps are exact\n");
    return 0;
}
