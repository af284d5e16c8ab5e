/* SPDX-License-Identifier: ISC */
/* lockstep-explain TRAP ERROR-CODE ROOT < CORE: says on stderr where and why a process crashed. lockstep run --explain-crash runs it with
 * a core of its own making; ROOT is the host directory that file names are in. */
#include "explain/instruction.h"
#include "explain/names.h"
#include "explain/symbols.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAP_GP = 13, TRAP_PF = 14, FAULT_WRITE = 2, FAULT_FETCH = 16, SENT_BY_KERNEL = 0x80 };

static const struct {
    int signo, code;
    const char *text;
} reasons[] = {
    {SIGSEGV, SEGV_MAPERR, "nothing is mapped there (SEGV_MAPERR)"},
    {SIGSEGV, SEGV_ACCERR, "the mapping does not allow it (SEGV_ACCERR)"},
    {SIGBUS, BUS_ADRERR, "beyond the end of the mapped file (BUS_ADRERR)"},
    {SIGBUS, BUS_ADRALN, "the address is misaligned (BUS_ADRALN)"},
    {SIGFPE, FPE_INTDIV, "integer division by zero or overflow (FPE_INTDIV)"},
    {SIGFPE, FPE_FLTDIV, "floating-point division by zero (FPE_FLTDIV)"},
    {SIGFPE, FPE_FLTINV, "invalid floating-point operation (FPE_FLTINV)"},
    {SIGILL, ILL_ILLOPN, "undefined instruction (ILL_ILLOPN)"},
    {SIGTRAP, TRAP_TRACE, "single step (TRAP_TRACE)"},
};

static const char *reason_of(const siginfo_t *info) {
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].signo == info->si_signo && reasons[i].code == info->si_code) return reasons[i].text;
    }
    return NULL;
}

static void print_reason(const siginfo_t *info, unsigned long trap, unsigned long error_code) {
    const char *reason = reason_of(info);
    const char *access = error_code & FAULT_FETCH ? "execution" : error_code & FAULT_WRITE ? "write" : "read";
    if (info->si_code <= 0) {
        fprintf(stderr, "sent by process %d\n", info->si_pid);
    } else if (trap == TRAP_PF && (info->si_signo == SIGSEGV || info->si_signo == SIGBUS)) {
        fprintf(stderr, "%s at %p, %s\n", access, info->si_addr, reason ? reason : "refused");
    } else if (info->si_code == SENT_BY_KERNEL && trap == TRAP_GP && info->si_signo == SIGSEGV) {
        fprintf(stderr, "general protection: a non-canonical address, or an instruction that is not for programs\n");
    } else if (reason) {
        fprintf(stderr, "%s\n", reason);
    } else {
        fprintf(stderr, "by the kernel, si_code %d\n", info->si_code);
    }
}

static void print_mapping(const struct core *core, const char *what, uint64_t address) {
    const struct core_mapping *mapping = core_find(core, address), *below = NULL;
    if (mapping) {
        const uint32_t flags = mapping->flags;
        fprintf(stderr, "  %s %#llx is in %llx-%llx %c%c%c %s\n", what, (unsigned long long)address, (unsigned long long)mapping->start,
                (unsigned long long)mapping->end, flags & PF_R ? 'r' : '-', flags & PF_W ? 'w' : '-', flags & PF_X ? 'x' : '-',
                mapping->file ? mapping->file : "(anonymous)");
        return;
    }
    for (size_t i = 0; i < core->n_mappings; i++) {
        if (core->mapping[i].end <= address) below = &core->mapping[i];
    }
    fprintf(stderr, "  %s %#llx is in no mapping", what, (unsigned long long)address);
    if (below) fprintf(stderr, "; %#llx bytes behind %s", (unsigned long long)(address - below->end), below->file ? below->file : "an anonymous one");
    fprintf(stderr, "\n");
}

static void explain(const struct core *core, unsigned long trap, unsigned long error_code) {
    const siginfo_t *info = &core->info;
    const uint64_t rip = ((const struct user_regs_struct *)(const void *)core->status.pr_reg)->rip;
    struct Dwfl *dwfl = symbols_new(core);
    char place[512];
    symbols_describe(dwfl, rip, true, place, sizeof place);
    fprintf(stderr, "lockstep: process %d (%.16s), thread %d: %s (signal %d): ", core->process.pr_pid, core->process.pr_fname,
            core->status.pr_pid, strsignal(info->si_signo), info->si_signo);
    print_reason(info, trap, error_code);
    fprintf(stderr, "  in %s\n", place);
    instruction_print(core, rip);
    registers_print(core);
    print_mapping(core, "the instruction", rip);
    if (trap == TRAP_PF && info->si_code > 0 && info->si_code != SENT_BY_KERNEL) print_mapping(core, "the address", (uint64_t)(uintptr_t)info->si_addr);
    symbols_print_threads(dwfl, core);
}

int main(int argc, char **argv) {
    struct core core;
    if (argc == 3 && strcmp(argv[1], "--names") == 0) return names_filter(argv[2]);
    if (argc != 4) {
        fprintf(stderr, "usage: lockstep-explain TRAP ERROR-CODE ROOT < CORE | --names ROOT < TEXT\n");
        return 2;
    }
    setvbuf(stderr, NULL, _IOFBF, 1 << 16); /* one write: lines of other processes do not come in between */
    if (!core_open(&core, 0, argv[3])) {
        fprintf(stderr, "lockstep: that is no core\n");
        return 1;
    }
    explain(&core, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
    return 0;
}
