/* SPDX-License-Identifier: ISC */
/* Signals that come while clocks are read lose nothing: registers, flags and vectors are as they were, and handlers may read clocks
 * themselves. Time comes from RDTSC as well. A performance counter that the kernel keeps to itself is SIGSEGV at
 * RDPMC, with the registers as they were. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static _Atomic int n_signals, stop;

static void on_alarm(int number) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    atomic_fetch_add(&n_signals, 1);
}

/* RDTSC among full registers, with CF and DF set. */
static uint64_t keep_registers(void) {
    uint64_t low, high, sum, carry;
    __asm__ volatile("mov $1, %%ebx\n mov $2, %%esi\n mov $4, %%edi\n mov $8, %%r8d\n mov $16, %%r9d\n mov $32, %%r10d\n"
                     "mov $64, %%r11d\n mov $128, %%ecx\n mov $256, %%r12d\n"
                     "movq %%rbx, %%xmm0\n movq %%r12, %%xmm15\n"
                     "std\n stc\n"
                     "rdtsc\n"
                     "setc %b3\n movzbl %b3, %k3\n cld\n"
                     "lea (%%rbx,%%rsi), %2\n add %%rdi, %2\n add %%r8, %2\n add %%r9, %2\n add %%r10, %2\n add %%r11, %2\n"
                     "add %%rcx, %2\n add %%r12, %2\n movq %%xmm0, %%rbx\n add %%rbx, %2\n movq %%xmm15, %%rbx\n add %%rbx, %2\n"
                     : "=&a"(low), "=&d"(high), "=&r"(sum), "=&q"(carry)
                     : : "rbx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "rcx", "xmm0", "xmm15", "cc", "memory");
    CHECK(low <= UINT32_MAX && high <= UINT32_MAX && carry == 1);
    CHECK(sum == 511 + 1 + 256);
    return high << 32 | low;
}

static void *read_clocks(void *arg) {
    uint64_t last_tsc = 0;
    struct timespec last = {0}, now;
    while (!atomic_load(&stop)) {
        const uint64_t tsc = keep_registers();
        CHECK(tsc >= last_tsc);
        last_tsc = tsc;
        CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
        CHECK(now.tv_sec > last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
        last = now;
    }
    return NULL;
}

static void signals_while_reading(void) {
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    pthread_t threads[2];
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, read_clocks, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (int i = 0; i < 2000; i++) CHECK(pthread_kill(threads[i & 1], SIGALRM) == 0);
    while (atomic_load(&n_signals) < 200) keep_registers();
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

static volatile int n_faults;

static void on_fault(int number, siginfo_t *info, void *context) {
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *pc = (const uint8_t *)r[REG_RIP];
    CHECK(pc[0] == 0x0f && pc[1] == 0x33 && r[REG_RAX] == 0x1234 && r[REG_RDX] == 0x5678 && (r[REG_EFL] & 1));
    r[REG_RIP] += 2;
    n_faults++;
}

static void counters_are_refused(void) {
    const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    for (uint32_t i = 0; i < 3000; i++) {
        uint64_t a = 0x1234, d = 0x5678;
        __asm__ volatile("stc\n rdpmc" : "+a"(a), "+d"(d) : "c"(i) : "cc");
        CHECK(a == 0x1234 && d == 0x5678 && n_faults == (int)i + 1);
    }
}

int main(void) {
    signals_while_reading();
    counters_are_refused();
    puts("vdso signals ok");
    return 0;
}
