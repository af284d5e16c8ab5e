/* SPDX-License-Identifier: ISC */
/* Shared by the tests of ptrace(2): raw calls (musl's wrapper hides results), waits that must tell of one thing. */
#pragma once
#include "check.h"

#include <stdbool.h>

#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef PTRACE_SEIZE
#define PTRACE_SEIZE 0x4206
#define PTRACE_INTERRUPT 0x4207
#define PTRACE_LISTEN 0x4208
#endif
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

static inline long trace(long request, pid_t pid, void *address, void *data) {
    return syscall(SYS_ptrace, request, pid, address, data);
}

static inline void resume(long request, pid_t pid, int signo) {
    CHECK(trace(request, pid, NULL, (void *)(intptr_t)signo) == 0);
}

/* The next news of a tracee must be this stop: signal, or signal | event << 8. */
static inline void expect_stop(pid_t pid, int code) {
    int status;
    CHECK(waitpid(pid, &status, __WALL) == pid);
    if (status != (code << 8 | 0x7f)) {
        printf("status %#x, not a stop by %#x\n", status, code);
        exit(1);
    }
}

static inline void expect_exit(pid_t pid, int code) {
    int status;
    CHECK(waitpid(pid, &status, __WALL) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code) {
        printf("status %#x, not exit %d\n", status, code);
        exit(1);
    }
}

static inline void expect_death(pid_t pid, int signo) {
    int status;
    CHECK(waitpid(pid, &status, __WALL) == pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != signo) {
        printf("status %#x, not death by %d\n", status, signo);
        exit(1);
    }
}

static inline struct user_regs_struct registers_of(pid_t pid) {
    struct user_regs_struct regs;
    CHECK(trace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
    return regs;
}

/* A child that asks to be traced, stops, and then runs body. */
static inline pid_t start_tracee(void (*body)(void)) {
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (trace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(99);
        raise(SIGSTOP);
        body();
        _exit(0);
    }
    expect_stop(pid, SIGSTOP);
    return pid;
}
