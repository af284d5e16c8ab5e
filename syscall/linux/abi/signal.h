/* SPDX-License-Identifier: ISC */
/* sigaction, sigaltstack, sigevent and sigprocmask as the x86-64 kernel lays them out. */
#pragma once

#include "syscall/linux/abi/siginfo.h"

#define SIGSET_SIZE 8

#define SIG_DFL 0ull
#define SIG_IGN 1ull

enum sigaction_flag {
    SA_NOCLDSTOP = 0x1, SA_NOCLDWAIT = 0x2, SA_SIGINFO = 0x4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000,
    SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000,
};
#define SA_RESETHAND 0x80000000u

struct guest_sigaction {
    uint64_t handler, flags, restorer, mask;
};

enum sigprocmask_how { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ 2048

struct guest_stack {
    uint64_t sp;
    uint32_t flags, pad_;
    uint64_t size;
};

enum sigevent_notify { SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4 };

struct guest_sigevent {
    uint64_t value;
    int32_t signo, notify;
    int32_t tid, pad_[11];
};
_Static_assert(sizeof(struct guest_sigevent) == 64, "sigevent is 64 bytes");
