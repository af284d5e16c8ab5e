/* SPDX-License-Identifier: ISC */
/* sigaltstack(2): handlers run on it, EPERM while on it, ENOMEM when small, stack overflow is survived. */
#include "tests/guest/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static char stack[65536];
static sigjmp_buf back;
static volatile int on_stack, refused;

static void on_signal(int signo) {
    char here;
    on_stack = (uintptr_t)&here >= (uintptr_t)stack && (uintptr_t)&here < (uintptr_t)stack + sizeof stack;
    const stack_t other = {.ss_flags = SS_DISABLE};
    stack_t now;
    refused = sigaltstack(&other, NULL) == -1 && errno == EPERM;
    refused &= sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_ONSTACK;
    if (signo == SIGSEGV) siglongjmp(back, 1);
}

static int recurse(volatile int depth) {
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

int main(void) {
    const stack_t small = {.ss_sp = stack, .ss_size = 1000};
    const stack_t bad = {.ss_sp = stack, .ss_size = sizeof stack, .ss_flags = 77};
    const stack_t good = {.ss_sp = stack, .ss_size = sizeof stack};
    stack_t now;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE);
    CHECK_ERROR(sigaltstack(&small, NULL), ENOMEM);
    CHECK_ERROR(sigaltstack(&bad, NULL), EINVAL);
    CHECK(sigaltstack(&good, NULL) == 0);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0);
    raise(SIGUSR1);
    CHECK(on_stack && refused);
    on_stack = 0;
    if (sigsetjmp(back, 1) == 0) recurse(0);
    CHECK(on_stack);
    CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == 0 && now.ss_sp == stack);
    puts("alternate signal stack: ok");
    return 0;
}
