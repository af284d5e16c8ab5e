/* SPDX-License-Identifier: ISC */
/* ptrace(2): options, events, and the structures that cross the border. Requests are the rows of ptrace_requests.def. */
#pragma once

#include <stdint.h>

enum ptrace_option {
    PTRACE_O_TRACESYSGOOD = 0x1, PTRACE_O_TRACEFORK = 0x2, PTRACE_O_TRACEVFORK = 0x4, PTRACE_O_TRACECLONE = 0x8,
    PTRACE_O_TRACEEXEC = 0x10, PTRACE_O_TRACEVFORKDONE = 0x20, PTRACE_O_TRACEEXIT = 0x40, PTRACE_O_TRACESECCOMP = 0x80,
    PTRACE_O_EXITKILL = 0x100000,
    PTRACE_O_MASK = 0x1000ff,
};

/* The option that asks for event n is bit n. */
enum ptrace_event {
    PTRACE_EVENT_FORK = 1, PTRACE_EVENT_VFORK = 2, PTRACE_EVENT_CLONE = 3, PTRACE_EVENT_EXEC = 4, PTRACE_EVENT_VFORK_DONE = 5,
    PTRACE_EVENT_EXIT = 6, PTRACE_EVENT_STOP = 128,
};

/* In a stop's code, and si_code, with TRACESYSGOOD. */
#define PTRACE_SYSCALL_MARK 0x80
/* PTRACE_GETEVENTMSG in a stop at a system call. */
enum { PTRACE_EVENTMSG_SYSCALL_ENTRY = 1, PTRACE_EVENTMSG_SYSCALL_EXIT = 2 };

/* struct user_regs_struct. */
struct guest_user_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss,
        fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct guest_user_regs) == 216, "user_regs_struct is 216 bytes");

/* struct user, as PTRACE_PEEKUSER sees it. */
enum { USER_SIZE = 928, USER_DEBUG_REGISTERS = 848, USER_N_DEBUG_REGISTERS = 8 };

enum regset_type { NT_PRSTATUS = 1, NT_PRFPREG = 2, NT_X86_XSTATE = 0x202 };

enum ptrace_syscall_op { PTRACE_SYSCALL_INFO_NONE, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT };
#define AUDIT_ARCH_X86_64 0xc000003eu

struct guest_syscall_info {
    uint8_t op, pad_[3];
    uint32_t arch;
    uint64_t ip, sp;
    union {
        struct { uint64_t nr, args[6]; } entry;
        struct { int64_t rval; uint8_t is_error; } exit;
    };
};

struct guest_peeksiginfo {
    uint64_t offset;
    uint32_t flags;
    int32_t n;
};
#define PTRACE_PEEKSIGINFO_SHARED 1u
