/* SPDX-License-Identifier: ISC */
/* Why a guest access was refused: a value that travels from the MMU through the CPU to the kernel. */
#pragma once

#include <stdint.h>

enum mem_access { MEM_READ = 1, MEM_WRITE = 2, MEM_EXEC = 4 };

enum mem_fault_kind {
    MEM_OK,
    MEM_FAULT_UNMAPPED,      /* SIGSEGV, SEGV_MAPERR */
    MEM_FAULT_RIGHTS,        /* SIGSEGV, SEGV_ACCERR */
    MEM_FAULT_NONCANONICAL,  /* #GP or #SS: SIGSEGV, SI_KERNEL, address 0 */
    MEM_FAULT_BUS,           /* SIGBUS, BUS_ADRERR: past the end of the file */
    MEM_TAPPED,              /* not refused: a tap stops before the instruction */
    MEM_FAULT_NO_MEMORY,     /* the host has no memory left: SIGKILL as the OOM killer would */
};

struct mem_fault {
    uint8_t kind;    /* enum mem_fault_kind */
    uint8_t access;  /* enum mem_access that failed */
    uint64_t gva;    /* first byte that failed */
};
