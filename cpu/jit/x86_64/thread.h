/* SPDX-License-Identifier: ISC */
/* What translated code knows of the thread it runs on: words at fixed distances from the host's FS base, so that code is shared by
 * all threads of a space. The guest's R10 and R11 live here, too, save in units that use them. Owner thread only, its signal handlers included. */
#pragma once

#include "cpu/cpu.h"

struct jit_space;

enum { JIT_RECENT = 64 };

/* Where translated code for pc was found. */
struct jit_recent {
    uint64_t pc, host, generation, drops, changes;
};

struct jit_thread {
    /* used by translated code */
    uint64_t r10, r11;    /* the guest's, outside of units that use them */
    uint64_t saved;       /* another guest register while it serves as scratch */
    uint64_t return_to;   /* guest address behind an indirect call that is on its way */
    uint64_t jump;        /* guest address that an indirect jump or return goes to, when it is not in the table */
    uint32_t source;      /* offset in the code of the last indirect jump or return */
    int64_t budget;       /* counting: instructions left less JIT_RESERVE, when no register holds it */
    uint64_t kept;        /* the guest's value of the register that counts in units that use R11 */
    uint64_t kept_vector[2]; /* the same of an XMM register */
    uint64_t seg_base[2]; /* guest addresses of FS:0 and GS:0 */
    uint64_t base, minus_base; /* host address of guest address 0, and its negative */
    uint64_t counter_return; /* host address behind an instruction that reads a counter */
    uint64_t counter_rax, counter_rdx; /* the guest's, in case there is no such counter */
    /* used by the stubs */
    uint64_t target;      /* where the entry stub goes */
    uint64_t host_rsp, guest_rsp;
    uint64_t rflags;
    struct cpu_state *state;
    uint32_t exit;        /* number of the struct jit_exit */
    uint32_t host_mxcsr;
    uint32_t is_kicked;   /* a signal came while code of ours ran: to be stopped at the next boundary */
    /* used by C only */
    uint32_t counter_vector; /* not 0: code was left while that XMM register counted, and budget is to be added */
    uint64_t fault_rip;   /* guest address where a signal stopped the code */
    uint64_t gs_base;        /* the host's, as last set */
    const struct address_space *warming; /* only compared: the space that warm_up_left belongs to */
    int64_t warm_up_left;    /* instructions to interpret before anything is translated */
    struct jit_recent recent[JIT_RECENT];
    const struct jit_space *recent_of; /* only compared: whose code `recent` is about */
    struct jit_space *space; /* borrowed: whose code runs; NULL outside */
};

extern _Thread_local struct jit_thread jit_thread;

/* Distance of a member from the FS base. */
int32_t jit_thread_at(const void *member);
