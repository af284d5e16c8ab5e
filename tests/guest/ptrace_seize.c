// labels: threads
/* SPDX-License-Identifier: ISC */
/* PTRACE_SEIZE, INTERRUPT, LISTEN: stops that are PTRACE_EVENT_STOP, group stops and SIGCONT. Source: ptrace(2). */
#include "tracing.h"

#define EVENT_STOP (PTRACE_EVENT_STOP << 8)

static int pipe_to_us[2];

static void tell(void) {
    CHECK(write(pipe_to_us[1], "x", 1) == 1);
}

static void hear(void) {
    char byte;
    CHECK(read(pipe_to_us[0], &byte, 1) == 1);
}

static void sleep_and_read(void) {
    tell();
    for (;;) pause();
}

static volatile long spinning;

static void spin(void) {
    tell();
    for (;;) spinning++;
}

static pid_t start(void (*body)(void)) {
    const pid_t pid = fork();
    if (pid == 0) body();
    hear();
    return pid;
}

static void finish(pid_t pid) {
    CHECK(kill(pid, SIGKILL) == 0);
    expect_death(pid, SIGKILL);
}

/* No signal is involved; a running thread stops wherever it is, a sleeping one in its call. */
static void interrupt(void (*body)(void)) {
    siginfo_t info;
    const pid_t pid = start(body);
    CHECK_ERROR(trace(PTRACE_SEIZE, pid, (void *)1, NULL), EIO);
    CHECK_ERROR(trace(PTRACE_SEIZE, pid, NULL, (void *)0x1000000), EIO);
    CHECK(trace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) == 0);
    CHECK(waitpid(pid, NULL, WNOHANG | __WALL) == 0);
    CHECK_ERROR(trace(PTRACE_CONT, pid, NULL, NULL), ESRCH);
    for (int i = 0; i < 20; i++) {
        CHECK(trace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
        expect_stop(pid, SIGTRAP | EVENT_STOP);
        CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0);
        CHECK(info.si_signo == SIGTRAP && info.si_code == (SIGTRAP | EVENT_STOP));
        resume(PTRACE_CONT, pid, 0);
    }
    CHECK(waitpid(pid, NULL, WNOHANG | __WALL) == 0);
    finish(pid);
}

static void group_stop(void) {
    const pid_t pid = start(sleep_and_read);
    CHECK(trace(PTRACE_SEIZE, pid, NULL, NULL) == 0);
    CHECK(kill(pid, SIGTSTP) == 0);
    expect_stop(pid, SIGTSTP);
    resume(PTRACE_CONT, pid, SIGTSTP);
    int status;
    CHECK(waitpid(pid, &status, __WALL) == pid); /* an orphaned group does not stop by SIGTSTP */
    if (status >> 8 == (SIGTSTP | EVENT_STOP)) {
        CHECK(trace(PTRACE_LISTEN, pid, NULL, NULL) == 0);
        CHECK(kill(pid, SIGCONT) == 0);
        expect_stop(pid, SIGTRAP | EVENT_STOP);
    }
    finish(pid);
}

/* Listening: stopped for everybody, but no stop that the tracer may work on; SIGCONT makes it one again. */
static void listen_to_stop(void) {
    const pid_t pid = start(sleep_and_read);
    CHECK(trace(PTRACE_SEIZE, pid, NULL, NULL) == 0);
    CHECK(kill(pid, SIGSTOP) == 0);
    expect_stop(pid, SIGSTOP);
    resume(PTRACE_CONT, pid, SIGSTOP);
    expect_stop(pid, SIGSTOP | EVENT_STOP);
    CHECK(trace(PTRACE_LISTEN, pid, NULL, NULL) == 0);
    CHECK_ERROR(trace(PTRACE_GETREGS, pid, NULL, &(struct user_regs_struct){0}), ESRCH);
    CHECK(waitpid(pid, NULL, WNOHANG | __WALL) == 0);
    CHECK(trace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
    expect_stop(pid, SIGSTOP | EVENT_STOP);
    CHECK(trace(PTRACE_LISTEN, pid, NULL, NULL) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    expect_stop(pid, SIGTRAP | EVENT_STOP);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGCONT);
    resume(PTRACE_CONT, pid, 0);
    finish(pid);
}

/* The stop that it was in when it was seized. */
static void seize_stopped(void) {
    const pid_t pid = start(sleep_and_read);
    int status;
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    CHECK(trace(PTRACE_SEIZE, pid, NULL, NULL) == 0);
    expect_stop(pid, SIGSTOP | EVENT_STOP);
    CHECK(trace(PTRACE_DETACH, pid, NULL, NULL) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    finish(pid);
}

/* A group stop that ATTACH and TRACEME see is the plain signal, without siginfo. */
static void unseized_group_stop(void) {
    siginfo_t info;
    const pid_t pid = start_tracee(sleep_and_read);
    resume(PTRACE_CONT, pid, SIGSTOP);
    expect_stop(pid, SIGSTOP);
    CHECK_ERROR(trace(PTRACE_GETSIGINFO, pid, NULL, &info), EINVAL);
    resume(PTRACE_CONT, pid, 0);
    hear();
    finish(pid);
}

int main(void) {
    CHECK(pipe(pipe_to_us) == 0);
    interrupt(sleep_and_read);
    interrupt(spin);
    group_stop();
    listen_to_stop();
    seize_stopped();
    unseized_group_stop();
    printf("seized, interrupted, listened to\n");
    return 0;
}
