/* SPDX-License-Identifier: ISC */
/* The last words after a fault of our own. The handler formats by hand: only write(2) and _exit(2) are safe there. */
#include "host/crash.h"

#include "host/posix/crash_pc.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct line {
    char text[160];
    size_t n;
};

static void add_text(struct line *line, const char *text) {
    while (*text && line->n < sizeof line->text) line->text[line->n++] = *text++;
}

static void add_hex(struct line *line, uint64_t value) {
    int shift = 60;
    add_text(line, "0x");
    while (shift > 0 && (value >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) add_text(line, (char[2]){"0123456789abcdef"[(value >> shift) & 15], 0});
}

static const char *name_of(int number) {
    switch (number) {
    case SIGSEGV: return "bad memory access";
    case SIGBUS: return "bus error";
    case SIGILL: return "illegal instruction";
    default: return "arithmetic error";
    }
}

/* Somebody sent it with kill(2): no fault, it ends us as it would any program. */
static void die_by_default(int number) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    raise(number);
}

static void report(int number, siginfo_t *info, void *context) {
    struct line line = {.n = 0};
    if (info->si_code <= 0) die_by_default(number);
    add_text(&line, "lockstep: internal error: ");
    add_text(&line, name_of(number));
    add_text(&line, " at address ");
    add_hex(&line, (uintptr_t)info->si_addr);
    add_text(&line, ", code at lockstep+");
    add_hex(&line, host_crash_pc(context));
    add_text(&line, "; please report this\n");
    const ssize_t ignored = write(STDERR_FILENO, line.text, line.n);
    (void)ignored;
    _exit(HOST_CRASH_STATUS);
}

void host_crash_init(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct sigaction old, action = {.sa_sigaction = report, .sa_flags = SA_SIGINFO | SA_NODEFER};
        sigemptyset(&action.sa_mask);
        if (sigaction(faults[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(faults[i], &action, NULL);
    }
}
