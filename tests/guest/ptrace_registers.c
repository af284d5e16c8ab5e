/* SPDX-License-Identifier: ISC */
/* GETREGS, GETFPREGS, the register sets by iovec, and struct user, to and from a tracee. Source: ptrace(2). */
#include "tracing.h"

#include <stddef.h>

static void load_and_stop(void) {
    static const unsigned char low[32] = "0123456789abcdefABCDEFGHIJKLMNOP";
    unsigned char out[32];
    long r12, r13 = 0x1313;
    const double half = 0.5;
    __asm__ volatile("vmovdqu %2, %%ymm7\n fldl %3\n mov $0x1212121212121212, %%r12\n mov %1, %%r13\n"
                     "int3\n"
                     "fstp %%st(0)\n vmovdqu %%ymm7, %4\n mov %%r12, %0\n mov %%r13, %1\n"
                     : "=r"(r12), "+r"(r13) : "m"(low), "m"(half), "m"(out) : "r12", "r13", "xmm7", "memory");
    if (r12 != 0x3434343434343434 || r13 != 0x1313) _exit(1);
    if (memcmp(out, "XXXX456789abcdefABCDEFGHIJKLYYYY", 32)) _exit(2);
    _exit(9);
}

static unsigned char xstate[16384];

int main(void) {
    struct user_regs_struct regs, again;
    struct user_fpregs_struct fp;
    const pid_t pid = start_tracee(load_and_stop);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGTRAP);
    regs = registers_of(pid);
    CHECK(regs.r12 == 0x1212121212121212 && regs.r13 == 0x1313 && regs.cs == 0x33 && regs.ss == 0x2b && regs.orig_rax == (unsigned long)-1);
    CHECK((regs.eflags & 0x302) == 0x202);

    struct iovec vector = {&again, sizeof again};
    CHECK(trace(PTRACE_GETREGSET, pid, (void *)1, &vector) == 0 && vector.iov_len == sizeof again);
    CHECK(memcmp(&regs, &again, sizeof regs) == 0);
    vector = (struct iovec){&again, 40};
    CHECK(trace(PTRACE_GETREGSET, pid, (void *)1, &vector) == 0 && vector.iov_len == 40);
    vector.iov_len = 41;
    CHECK_ERROR(trace(PTRACE_GETREGSET, pid, (void *)1, &vector), EINVAL);
    CHECK_ERROR(trace(PTRACE_GETREGSET, pid, (void *)0x77777, &vector), EINVAL);

    long word;
    CHECK(trace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user, regs.r12), &word) == 0 && word == 0x1212121212121212);
    CHECK(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.r12), (void *)0x3434343434343434) == 0);
    CHECK_ERROR(trace(PTRACE_PEEKUSER, pid, (void *)3, &word), EIO);
    CHECK_ERROR(trace(PTRACE_PEEKUSER, pid, (void *)928, &word), EIO);
    CHECK_ERROR(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, u_comm), NULL), EIO);
    CHECK_ERROR(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.fs_base), (void *)0x8000000000000000), EIO);
    CHECK_ERROR(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.cs), (void *)0x10), EIO);
    CHECK(trace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user, u_debugreg), &word) == 0 && word == 0);
    CHECK(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, u_debugreg[7]), NULL) == 0);
    CHECK(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.eflags), (void *)(regs.eflags | 0x3000 | 0x400)) == 0);
    CHECK(trace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user, regs.eflags), &word) == 0 && (word & 0x3600) == 0x600);
    CHECK(trace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.eflags), (void *)regs.eflags) == 0);

    CHECK(trace(PTRACE_GETFPREGS, pid, NULL, &fp) == 0);
    CHECK(memcmp((char *)fp.xmm_space + 7 * 16, "0123456789abcdef", 16) == 0);
    CHECK(memcmp(fp.st_space, "\0\0\0\0\0\0\0\x80\xfe\x3f", 10) == 0 && fp.ftw == 0x80 && (fp.swd >> 11 & 7) == 7 && fp.mxcsr == 0x1f80);
    memcpy((char *)fp.xmm_space + 7 * 16, "XXXX", 4);
    CHECK(trace(PTRACE_SETFPREGS, pid, NULL, &fp) == 0);

    vector = (struct iovec){xstate, sizeof xstate};
    CHECK(trace(PTRACE_GETREGSET, pid, (void *)0x202, &vector) == 0 && vector.iov_len >= 832);
    CHECK((xstate[464] & 7) == 7 && memcmp(xstate + 160 + 7 * 16, "XXXX456789abcdef", 16) == 0);
    CHECK(memcmp(xstate + 576 + 7 * 16, "ABCDEFGHIJKLMNOP", 16) == 0);
    memcpy(xstate + 576 + 7 * 16 + 12, "YYYY", 4);
    CHECK(trace(PTRACE_SETREGSET, pid, (void *)0x202, &vector) == 0);
    vector.iov_len = 64;
    CHECK_ERROR(trace(PTRACE_SETREGSET, pid, (void *)0x202, &vector), EFAULT);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 9);
    printf("registers read and written\n");
    return 0;
}
