// labels: threads
/* SPDX-License-Identifier: ISC */
/* PTRACE_SYSCALL: entry and exit of each call, its number and result, changed numbers, arguments and results, skipped calls;
 * PTRACE_GET_SYSCALL_INFO; an interrupted call seen before it is restarted. Source: ptrace(2). */
#include "tracing.h"

struct call_info {
    uint8_t op, pad[3];
    uint32_t arch;
    uint64_t ip, sp;
    union {
        struct { uint64_t nr, args[6]; } entry;
        struct { int64_t rval; uint8_t is_error; } exit;
    };
};

static int call_stop = SIGTRAP | 0x80;

static void body(void) {
    const long first = syscall(SYS_getpid);
    const long second = syscall(SYS_getpid);
    const long third = syscall(SYS_close, 77);
    if (first != getppid() || second != 4711 || third != -1 || errno != 77) _exit(1);
    _exit(5);
}

/* On to the entry of that call, past others. */
static void to_entry(pid_t pid, long number) {
    for (;;) {
        resume(PTRACE_SYSCALL, pid, 0);
        expect_stop(pid, call_stop);
        const struct user_regs_struct regs = registers_of(pid);
        CHECK((long)regs.rax == -ENOSYS);
        if ((long)regs.orig_rax == number) return;
        resume(PTRACE_SYSCALL, pid, 0);
        expect_stop(pid, call_stop);
    }
}

static struct user_regs_struct to_exit(pid_t pid) {
    resume(PTRACE_SYSCALL, pid, 0);
    expect_stop(pid, call_stop);
    return registers_of(pid);
}

static void set_options(pid_t pid, long options) {
    CHECK(trace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) == 0);
}

static void change_calls(void) {
    const pid_t pid = start_tracee(body);
    set_options(pid, PTRACE_O_TRACESYSGOOD);
    to_entry(pid, SYS_getpid);
    CHECK(trace(PTRACE_POKEUSER, pid, (void *)(15 * 8), (void *)SYS_getppid) == 0); /* orig_rax: another call */
    struct user_regs_struct regs = to_exit(pid);
    CHECK(regs.orig_rax == SYS_getppid && (pid_t)regs.rax == getpid());
    to_entry(pid, SYS_getpid);
    regs = to_exit(pid);
    CHECK((pid_t)regs.rax == pid);
    regs.rax = 4711;
    CHECK(trace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
    to_entry(pid, SYS_close);
    regs = registers_of(pid);
    CHECK(regs.rdi == 77);
    regs.orig_rax = (unsigned long)-1; /* no call */
    regs.rax = (unsigned long)-77;
    CHECK(trace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
    regs = to_exit(pid);
    CHECK((long)regs.rax == -77);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 5);
}

static void ask(void) {
    syscall(SYS_close, 1234);
    syscall(SYS_getpid, 1, 2, 3, 4, 5, 6);
}

static void call_information(void) {
    struct call_info info;
    const pid_t pid = start_tracee(ask);
    CHECK(trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) == 24 && info.op == 0 && info.arch == 0xc000003e);
    set_options(pid, PTRACE_O_TRACESYSGOOD);
    to_entry(pid, SYS_close);
    CHECK(trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) == 80 && info.op == 1);
    CHECK(info.entry.nr == SYS_close && info.entry.args[0] == 1234 && info.ip == registers_of(pid).rip);
    to_exit(pid);
    CHECK(trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) == 33 && info.op == 2);
    CHECK(info.exit.rval == -EBADF && info.exit.is_error == 1);
    to_entry(pid, SYS_getpid);
    memset(&info, 0x55, sizeof info);
    CHECK(trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)40, &info) == 80 && info.entry.args[0] == 1 && info.entry.args[1] == 0x5555555555555555);
    siginfo_t signal;
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &signal) == 0 && signal.si_signo == SIGTRAP && signal.si_code == (SIGTRAP | 0x80));
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 0);
}

static void ignore(int signo) {
}

static void sleep_twice(void) {
    int fds[2];
    char byte;
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGUSR1, &action, NULL);
    if (pipe(fds)) _exit(1);
    alarm(10);
    if (read(fds[0], &byte, 1) != -1 || errno != EINTR) _exit(2);
    _exit(6);
}

/* A call that a signal interrupts ends with the kernel's own error: -512 wants a restart unless a handler says otherwise. A signal that
 * the tracer drops restarts it. */
static void interrupted(void) {
    const pid_t pid = start_tracee(sleep_twice);
    set_options(pid, PTRACE_O_TRACESYSGOOD);
    to_entry(pid, SYS_read);
    resume(PTRACE_SYSCALL, pid, 0);
    CHECK(kill(pid, SIGUSR1) == 0);
    expect_stop(pid, call_stop);
    CHECK((long)registers_of(pid).rax == -512 && registers_of(pid).orig_rax == SYS_read);
    resume(PTRACE_SYSCALL, pid, 0);
    expect_stop(pid, SIGUSR1);
    CHECK((long)registers_of(pid).rax == -512 && registers_of(pid).orig_rax == SYS_read);
    resume(PTRACE_SYSCALL, pid, 0); /* dropped */
    expect_stop(pid, call_stop);
    CHECK((long)registers_of(pid).rax == -ENOSYS && registers_of(pid).orig_rax == SYS_read);
    resume(PTRACE_SYSCALL, pid, 0);
    CHECK(kill(pid, SIGUSR1) == 0);
    expect_stop(pid, call_stop);
    resume(PTRACE_SYSCALL, pid, 0);
    expect_stop(pid, SIGUSR1);
    resume(PTRACE_CONT, pid, SIGUSR1);
    expect_exit(pid, 6);
}

static void unmarked(void) {
    const pid_t pid = start_tracee(ask);
    call_stop = SIGTRAP;
    to_entry(pid, SYS_close);
    CHECK((long)to_exit(pid).rax == -EBADF);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 0);
}

int main(void) {
    change_calls();
    call_information();
    interrupted();
    unmarked();
    printf("calls seen, changed, skipped, restarted\n");
    return 0;
}
