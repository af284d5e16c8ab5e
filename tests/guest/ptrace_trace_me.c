// labels: threads
/* SPDX-License-Identifier: ISC */
/* PTRACE_TRACEME, CONT, PEEK and POKE, DETACH, KILL, ATTACH; what fails and how. Source: ptrace(2). */
#include "tracing.h"

static volatile long word = 0x1122334455667788;
static char text[64] = "before";

static void body(void) {
    if (word != 42) _exit(1);
    raise(SIGSTOP);
    _exit(strcmp(text, "before") ? 7 : 8);
}

static long peek(pid_t pid, const volatile void *address) {
    long value;
    CHECK(trace(PTRACE_PEEKDATA, pid, (void *)address, &value) == 0);
    return value;
}

static void peek_and_poke(void) {
    const pid_t pid = start_tracee(body);
    CHECK(peek(pid, &word) == 0x1122334455667788);
    CHECK(trace(PTRACE_POKEDATA, pid, (void *)&word, (void *)42) == 0);
    CHECK(peek(pid, &word) == 42 && word == 0x1122334455667788);
    CHECK_ERROR(trace(PTRACE_PEEKTEXT, pid, (void *)8, &(long){0}), EIO);
    CHECK_ERROR(trace(PTRACE_POKETEXT, pid, (void *)8, (void *)1), EIO);
    CHECK_ERROR(trace(PTRACE_CONT, pid, NULL, (void *)65), EIO);
    CHECK_ERROR(trace(PTRACE_ATTACH, pid, NULL, NULL), EPERM);
    CHECK_ERROR(trace(0x7777, pid, NULL, NULL), EIO);
    CHECK_ERROR(trace(PTRACE_LISTEN, pid, NULL, NULL), EIO);
    CHECK_ERROR(trace(PTRACE_INTERRUPT, pid, NULL, NULL), EIO);
    CHECK_ERROR(trace(PTRACE_SETOPTIONS, pid, NULL, (void *)0x8000), EINVAL);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGSTOP);
    long after;
    memcpy(&after, "after..", sizeof after);
    CHECK(trace(PTRACE_POKEDATA, pid, text, (void *)after) == 0);
    CHECK(trace(PTRACE_DETACH, pid, NULL, NULL) == 0);
    CHECK_ERROR(trace(PTRACE_CONT, pid, NULL, NULL), ESRCH);
    expect_exit(pid, 7);
}

static void loop(void) {
    for (;;) pause();
}

static void kill_it(void) {
    const pid_t pid = start_tracee(loop);
    resume(PTRACE_CONT, pid, 0);
    CHECK_ERROR(trace(PTRACE_GETREGS, pid, NULL, &(struct user_regs_struct){0}), ESRCH);
    CHECK(trace(PTRACE_KILL, pid, NULL, NULL) == 0);
    expect_death(pid, SIGKILL);
}

static void kill_stopped(void) {
    const pid_t pid = start_tracee(loop);
    CHECK(kill(pid, SIGKILL) == 0);
    expect_death(pid, SIGKILL);
}

static void attach(void) {
    const pid_t pid = fork();
    if (pid == 0) loop();
    CHECK(trace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
    expect_stop(pid, SIGSTOP);
    siginfo_t info;
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0);
    CHECK(info.si_signo == SIGSTOP && info.si_code == SI_KERNEL);
    CHECK(trace(PTRACE_DETACH, pid, NULL, (void *)SIGTERM) == 0);
    expect_death(pid, SIGTERM);
}

/* A process that is stopped already shows that stop at once. */
static void attach_stopped(void) {
    const pid_t pid = fork();
    if (pid == 0) loop();
    int status;
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    CHECK(trace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
    expect_stop(pid, SIGSTOP);
    CHECK(kill(pid, SIGKILL) == 0);
    expect_death(pid, SIGKILL);
}

static void errors(void) {
    CHECK_ERROR(trace(PTRACE_ATTACH, getpid(), NULL, NULL), EPERM);
    CHECK_ERROR(trace(PTRACE_ATTACH, 4000000, NULL, NULL), ESRCH);
    CHECK_ERROR(trace(PTRACE_CONT, 4000000, NULL, NULL), ESRCH);
    CHECK_ERROR(trace(PTRACE_CONT, getppid(), NULL, NULL), ESRCH);
    const pid_t pid = fork();
    if (pid == 0) {
        CHECK(trace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        CHECK_ERROR(trace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
        _exit(0);
    }
    expect_exit(pid, 0);
}

int main(void) {
    peek_and_poke();
    kill_it();
    kill_stopped();
    attach();
    attach_stopped();
    errors();
    printf("tracing from the start, by attaching, memory, death\n");
    return 0;
}
