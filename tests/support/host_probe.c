/* SPDX-License-Identifier: ISC */
/* The traced child: a shared page of code, followed by nothing. An instruction that needs more
 * bytes than stand before the page's end faults at the end; the first number of bytes that does not
 * is its length. */
#include "tests/support/host_probe.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define CODE ((void *)0x200000000000)

struct host_probe {
    uint8_t *code; /* the page */
    pid_t child;   /* 0: none */
    struct user_regs_struct start;
    struct user_fpregs_struct fp;
};

static void child_kill(struct host_probe *probe) {
    if (!probe->child) return;
    kill(probe->child, SIGKILL);
    waitpid(probe->child, NULL, 0);
    probe->child = 0;
}

/* Every register points to a place of its own where nothing is. */
static void scatter_registers(struct user_regs_struct *regs) {
    unsigned long long *const gpr[] = {&regs->rax, &regs->rbx, &regs->rcx, &regs->rdx,
                                       &regs->rsi, &regs->rdi, &regs->rbp, &regs->rsp,
                                       &regs->r8,  &regs->r9,  &regs->r10, &regs->r11,
                                       &regs->r12, &regs->r13, &regs->r14, &regs->r15};
    for (unsigned i = 0; i < sizeof gpr / sizeof gpr[0]; i++)
        *gpr[i] = 0x300000000000 + i * 0x10000000000;
    regs->orig_rax = (unsigned long long)-1;
}

static bool child_start(struct host_probe *probe) {
    int status;
    const pid_t child = fork();
    if (child < 0) return false;
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(1);
    }
    probe->child = child;
    if (waitpid(probe->child, &status, 0) != probe->child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_GETREGS, probe->child, 0, &probe->start) ||
        ptrace(PTRACE_GETFPREGS, probe->child, 0, &probe->fp)) {
        child_kill(probe);
        return false;
    }
    ptrace(PTRACE_SETOPTIONS, probe->child, 0, PTRACE_O_EXITKILL);
    scatter_registers(&probe->start);
    return true;
}

struct host_probe *host_probe_new(void) {
    struct host_probe *probe = calloc(1, sizeof *probe);
    if (!probe) return NULL;
    probe->code = mmap(CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (probe->code != CODE || !child_start(probe)) {
        host_probe_free(probe);
        return NULL;
    }
    return probe;
}

void host_probe_free(struct host_probe *probe) {
    child_kill(probe);
    if (probe->code == CODE) munmap(CODE, PAGE);
    free(probe);
}

/* Steps the child once from rip. False: it is gone. */
static bool step(struct host_probe *probe, uint64_t rip, int *signal) {
    struct user_regs_struct regs = probe->start;
    int status;
    regs.rip = rip;
    if (ptrace(PTRACE_SETREGS, probe->child, 0, &regs) ||
        ptrace(PTRACE_SETFPREGS, probe->child, 0, &probe->fp) ||
        ptrace(PTRACE_SINGLESTEP, probe->child, 0, 0) ||
        waitpid(probe->child, &status, 0) != probe->child || !WIFSTOPPED(status)) {
        probe->child = 0;
        return false;
    }
    *signal = WSTOPSIG(status);
    return true;
}

/* The child stands at rip because the next byte of code is missing. */
static bool fetch_failed(const struct host_probe *probe, uint64_t rip) {
    siginfo_t info;
    struct user_regs_struct regs;
    return !ptrace(PTRACE_GETSIGINFO, probe->child, 0, &info) &&
           info.si_addr == probe->code + PAGE && !ptrace(PTRACE_GETREGS, probe->child, 0, &regs) &&
           regs.rip == rip;
}

/* Runs the n bytes before the page's end. Returns n: an instruction; 0: it needs more bytes; or a
 * PROBE value. */
static int run_once(struct host_probe *probe, const uint8_t *bytes, unsigned n) {
    uint8_t *start = probe->code + PAGE - n;
    int signal;
    if (!probe->child && !child_start(probe)) return PROBE_UNKNOWN;
    memcpy(start, bytes, n);
    if (!step(probe, (uintptr_t)start, &signal)) return PROBE_UNKNOWN;
    if (signal == SIGILL) return PROBE_UD;
    return signal == SIGSEGV && fetch_failed(probe, (uintptr_t)start) ? 0 : (int)n;
}

/* The last two bytes might be SYSCALL or SYSENTER, the last one INT. */
static bool may_enter_kernel(const uint8_t *bytes, unsigned n) {
    return bytes[n - 1] == 0xcd ||
           (n > 1 && bytes[n - 2] == 0x0f && (bytes[n - 1] == 0x05 || bytes[n - 1] == 0x34));
}

int host_probe_run(struct host_probe *probe, const uint8_t bytes[15]) {
    for (unsigned n = 1; n <= 15 && !may_enter_kernel(bytes, n); n++) {
        const int result = run_once(probe, bytes, n);
        if (result) return result;
    }
    return PROBE_UNKNOWN;
}
