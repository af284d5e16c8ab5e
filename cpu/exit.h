/* SPDX-License-Identifier: ISC */
/* Why an engine stopped. The CPU returns reasons, it never calls the kernel. */
#pragma once

#include "mmu/fault.h"

#include <stdint.h>

enum exit {
    EXIT_NONE,      /* inside an engine: going on; never returned by engine.run */
    EXIT_SYSCALL,   /* SYSCALL retired: rip is after it, rcx and r11 are set */
    EXIT_EXCEPTION, /* cpu->exception says which; rip as the SDM says (fault: the instruction; trap: after it) */
    EXIT_BUDGET,    /* cpu->budget instructions were retired, exactly */
    EXIT_KICKED,    /* KICK_EXIT was taken; nothing half done */
    EXIT_TAPPED,    /* a tap (mmu/tap.h) stopped before the instruction at rip; nothing of it is done */
    EXIT_YIELD,     /* PAUSE retired, only when cpu->yield_on_pause */
    EXIT_BREAKPOINT, /* the next instruction has a breakpoint (mmu/breakpoint.h), unless cpu->pass_breakpoints */
};

enum exception_vector {
    EXCEPTION_DE = 0, EXCEPTION_DB = 1, EXCEPTION_BP = 3, EXCEPTION_OF = 4, EXCEPTION_BR = 5, EXCEPTION_UD = 6,
    EXCEPTION_NM = 7, EXCEPTION_SS = 12, EXCEPTION_GP = 13, EXCEPTION_PF = 14, EXCEPTION_MF = 16, EXCEPTION_AC = 17,
    EXCEPTION_XM = 19,
};

struct exception {
    uint8_t vector;
    uint32_t error_code;    /* as the CPU pushes it (#PF: P, W, U, I bits) */
    struct mem_fault fault; /* for #PF and for addresses refused otherwise */
};
