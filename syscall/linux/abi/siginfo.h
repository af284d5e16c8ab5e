/* SPDX-License-Identifier: ISC */
/* Signal numbers, sets and siginfo as the x86-64 kernel lays them out. */
#pragma once

#include <stdint.h>

enum signal_number {
    SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
    SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU,
    SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR, SIGSYS, SIGRTMIN = 32, SIGRTMAX = 64,
};

#define SIGNAL_COUNT 64

/* Bit n - 1 stands for signal n. */
typedef uint64_t sigset_bits;

static inline uint64_t sig_bit(int signo) {
    return 1ull << (signo - 1);
}

enum siginfo_code {
    SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_MESGQ = -3, SI_ASYNCIO = -4, SI_SIGIO = -5,
    SI_TKILL = -6,
    ILL_ILLOPN = 2,
    FPE_INTDIV = 1, FPE_INTOVF = 2, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6, FPE_FLTINV = 7,
    SEGV_MAPERR = 1, SEGV_ACCERR = 2, SEGV_BNDERR = 3,
    BUS_ADRALN = 1, BUS_ADRERR = 2,
    TRAP_BRKPT = 1, TRAP_TRACE = 2,
    CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4, CLD_STOPPED = 5, CLD_CONTINUED = 6,
    POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3, POLL_ERR = 4, POLL_PRI = 5, POLL_HUP = 6,
};

/* struct siginfo: 128 bytes; which member of the union holds depends on signo and code. */
struct guest_siginfo {
    int32_t signo, error, code, pad_;
    union {
        struct { int32_t pid; uint32_t uid; uint64_t value; } rt;       /* kill, sigqueue, SI_MESGQ */
        struct { int32_t timer_id, overrun; uint64_t value; int32_t private_; } timer;
        struct { int32_t pid; uint32_t uid; int32_t status, pad; int64_t utime, stime; } chld;
        struct { uint64_t address; int16_t address_lsb; } fault;
        struct { int64_t band; int32_t fd; } poll;
        uint8_t raw[112];
    };
};
_Static_assert(sizeof(struct guest_siginfo) == 128, "siginfo_t is 128 bytes");
