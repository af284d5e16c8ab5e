/* SPDX-License-Identifier: ISC */
/* One handler for faults and the kick. A fault inside a guarded copy ends the copy; else the thread's claimer is asked; else
 * whoever had the signal before us gets it. All state is the thread's own, save the former handlers, which are written once. */
#include "host/fault.h"

#include "base/error.h"
#include "host/posix/context.h"
#include "host/posix/error.h"
#include "host/posix/signal_set.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { ALTERNATE_STACK_SIZE = 32 * 1024, PAGE = 4096 };

struct thread_state {
    host_fault_fn *fn; /* NULL: nobody claims */
    void *arg;
    volatile bool guarded;
    sigjmp_buf guard;
    void *stack; /* the alternate stack: owned, NULL while there is no claimer */
};

static _Thread_local struct thread_state self;

struct fault_signal {
    int number;
    enum host_fault_kind kind;
};

static const struct fault_signal signals[] = {
    {SIGSEGV, HOST_FAULT_MEMORY}, {SIGBUS, HOST_FAULT_BUS},   {SIGFPE, HOST_FAULT_ARITHMETIC},
    {SIGILL, HOST_FAULT_ILLEGAL}, {SIGTRAP, HOST_FAULT_TRAP}, {HOST_KICK_SIGNAL, HOST_FAULT_KICK},
};

enum { SIGNALS = sizeof signals / sizeof signals[0] };

static struct sigaction former[SIGNALS]; /* written by host_fault_init, before any other thread exists */

static void pass_on(size_t i, int number, siginfo_t *info, void *context) {
    const struct sigaction *action = &former[i];
    if (signals[i].kind == HOST_FAULT_KICK) return;
    if (action->sa_flags & SA_SIGINFO) {
        action->sa_sigaction(number, info, context);
    } else if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) {
        signal(number, SIG_DFL); /* happens again on return, or was sent to us: */
        if (info->si_code <= 0) raise(number);
    } else {
        action->sa_handler(number);
    }
}

/* The handler blocked the kick, and nothing restores the mask on the way out. */
static _Noreturn void end_copy(void) {
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, HOST_KICK_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
    siglongjmp(self.guard, 1);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    size_t i = 0;
    while (signals[i].number != number) i++;
    const enum host_fault_kind kind = signals[i].kind;
    if (self.guarded && (kind == HOST_FAULT_MEMORY || kind == HOST_FAULT_BUS)) end_copy();
    const bool has_address = info->si_code > 0 && info->si_code != SI_KERNEL && kind != HOST_FAULT_KICK;
    const uint64_t address = has_address ? (uintptr_t)info->si_addr : 0;
    if (self.fn && self.fn(self.arg, host_context_of(context), kind, address)) return;
    pass_on(i, number, info, context);
}

void host_fault_init(void) {
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        sigaddset(&action.sa_mask, HOST_KICK_SIGNAL);
        struct sigaction before;
        if (sigaction(signals[i].number, &action, &before) == 0 && before.sa_sigaction != on_fault) former[i] = before;
    }
}

static int stack_on(void) {
    if (!self.stack) self.stack = malloc(ALTERNATE_STACK_SIZE);
    if (!self.stack) return -ENOMEM;
    const stack_t stack = {.ss_sp = self.stack, .ss_size = ALTERNATE_STACK_SIZE};
    return sigaltstack(&stack, NULL) == 0 ? 0 : host_error_last();
}

static void stack_off(void) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&none, NULL) != 0) return;
    free(self.stack);
    self.stack = NULL;
}

int host_fault_claim(host_fault_fn *fn, void *arg) {
    const bool had = self.fn != NULL;
    self.fn = NULL;
    self.arg = arg;
    if (fn && !had) {
        const int err = stack_on();
        if (err) return err;
    }
    if (!fn && had) stack_off();
    self.fn = fn;
    return 0;
}

/* Guests race on their own memory; that is no bug of ours. */
__attribute__((no_sanitize("thread", "address"), noinline)) static bool copy_guarded(void *to, const void *from, size_t n) {
    if (sigsetjmp(self.guard, 0)) {
        self.guarded = false;
        return false;
    }
    self.guarded = true;
    __asm__ volatile("" ::: "memory");
    memcpy(to, from, n);
    __asm__ volatile("" ::: "memory");
    self.guarded = false;
    return true;
}

/* Both sides' pages end somewhere: no part crosses a page of either. */
static size_t part_of_pages(const char *to, const char *from, size_t n) {
    const size_t left_to = PAGE - ((uintptr_t)to & (PAGE - 1)), left_from = PAGE - ((uintptr_t)from & (PAGE - 1));
    const size_t part = left_to < left_from ? left_to : left_from;
    return part < n ? part : n;
}

size_t host_guard_copy(void *to, const void *from, size_t n) {
    char *out = to;
    const char *in = from;
    size_t done = 0;
    if (copy_guarded(to, from, n)) return n;
    while (done < n) {
        const size_t part = part_of_pages(out + done, in + done, n - done);
        if (!copy_guarded(out + done, in + done, part)) break;
        done += part;
    }
    return done;
}

enum word_operation { WORD_LOAD, WORD_STORE, WORD_SWAP };

struct word_access {
    enum word_operation operation;
    uint32_t value, expected;
    bool swapped;
};

static __attribute__((noinline)) bool access_guarded(uint32_t *word, struct word_access *volatile access) {
    if (sigsetjmp(self.guard, 0)) {
        self.guarded = false;
        return false;
    }
    self.guarded = true;
    switch (access->operation) {
    case WORD_LOAD: access->value = __atomic_load_n(word, __ATOMIC_SEQ_CST); break;
    case WORD_STORE: __atomic_store_n(word, access->value, __ATOMIC_SEQ_CST); break;
    default:
        access->swapped = __atomic_compare_exchange_n(word, &access->expected, access->value, false, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST);
    }
    self.guarded = false;
    return true;
}

bool host_guard_load_u32(const void *from, uint32_t *out) {
    struct word_access access = {.operation = WORD_LOAD};
    const bool ok = access_guarded((uint32_t *)(uintptr_t)from, &access);
    *out = access.value;
    return ok;
}

bool host_guard_store_u32(void *to, uint32_t value) {
    struct word_access access = {.operation = WORD_STORE, .value = value};
    return access_guarded(to, &access);
}

bool host_guard_cmpxchg_u32(void *at, uint32_t *expected, uint32_t desired, bool *swapped) {
    struct word_access access = {.operation = WORD_SWAP, .value = desired, .expected = *expected};
    if (!access_guarded(at, &access)) return false;
    *expected = access.expected;
    *swapped = access.swapped;
    return true;
}
