/* SPDX-License-Identifier: ISC */
/* What the kernel puts on the stack for a handler: struct rt_sigframe of x86-64, with its XSAVE image apart.
 * Source: linux 6.1 arch/x86 signal frame layout; sigreturn(2). */
#pragma once

#include "syscall/linux/abi/signal.h"

enum {
    UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4,
    SIGFRAME_RED_ZONE = 128,
    SIGFRAME_FP_ALIGN = 64,
    /* where the legacy region keeps what software may use, and the size of the trailing second magic number */
    FP_SW_RESERVED_OFFSET = 464, FP_XSTATE_MAGIC2_SIZE = 4,
};
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u

struct fp_sw_reserved {
    uint32_t magic1, extended_size;
    uint64_t features;
    uint32_t xstate_size, pad_[7];
};
_Static_assert(sizeof(struct fp_sw_reserved) == 48, "fills the 48 bytes that FXSAVE leaves free");

struct guest_sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
};
_Static_assert(sizeof(struct guest_sigcontext) == 256, "sigcontext is 256 bytes");

struct guest_ucontext {
    uint64_t flags, link;
    struct guest_stack stack;
    struct guest_sigcontext mcontext;
    uint64_t sigmask;
};

struct rt_sigframe {
    uint64_t pretcode;
    struct guest_ucontext uc;
    struct guest_siginfo info;
};
_Static_assert(sizeof(struct rt_sigframe) == 440, "8 + 304 + 128");
