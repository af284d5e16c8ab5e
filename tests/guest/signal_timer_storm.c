/* SPDX-License-Identifier: ISC */
/* signal(7): a handler sees the registers as they are between two instructions. A loop in which every instruction changes one thing
 * by a known amount is interrupted by timers and by other threads; from RIP and the loop's count the handler knows every
 * register, the flags, the vectors, the x87 stack and the words on the stack. Then the same loop is single-stepped.
 * signal_timer_storm [SECONDS]. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#define ARITH 0x8d5
#define WORKERS 3

/* What an instruction of the loop does. */
enum kind { ADD, VECTOR, X87, PUSH, POP, CALL, RET, COMPARE, JUMP };
struct step {
    uint32_t at, kind; /* offset in the loop */
    int32_t reg, by;
};

/* The loop. r14 points to the word that stops it. RAX, the first register, counts. */
extern const char loop_begin[], loop_end[], loop_leaf[];
extern const struct step steps[], steps_end[];
void loop(const uint64_t *start, uint64_t *end, const volatile uint32_t *stop);
__asm__(".pushsection .rodata\n.balign 8\nsteps:\n.popsection\n"
        ".macro step kind, reg=0, by=0\n"
        "771: .pushsection .rodata\n.long 771b - loop_begin, \\kind, \\reg, \\by\n.popsection\n.endm\n"
        ".macro add_step name, reg, by\n step 0, \\reg, \\by\n add $\\by, %\\name\n.endm\n"
        ".pushsection .text\n"
        "loop: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi\n"
        "mov %rdx, %r14\n"
        "mov (%rdi), %rax; mov 8(%rdi), %rcx; mov 16(%rdi), %rdx; mov 24(%rdi), %rbx; mov 40(%rdi), %rbp; mov 48(%rdi), %rsi\n"
        "mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11; mov 96(%rdi), %r12; mov 104(%rdi), %r13\n"
        "mov 120(%rdi), %r15; mov 56(%rdi), %rdi\n"
        "pcmpeqd %xmm15, %xmm15; psrlq $63, %xmm15\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14\n pxor %xmm\\n, %xmm\\n\n .endr\n"
        "fninit; fld1; fldz; cmp %eax, %eax\n"
        "loop_begin:\n"
        "add_step rax, 0, 1\n add_step rcx, 1, 3\n add_step rdx, 2, -7\n add_step rbx, 3, 0x12345678\n"
        ".irp n, 0, 1, 2, 3, 4\n step 1, \\n\n paddq %xmm15, %xmm\\n\n .endr\n"
        "add_step rbp, 5, 0x7fffffff\n add_step rsi, 6, -0x80000000\n add_step rdi, 7, 16\n"
        "step 3, 7\n push %rdi\n"
        ".irp n, 5, 6, 7, 8, 9\n step 1, \\n\n paddq %xmm15, %xmm\\n\n .endr\n"
        "step 4\n pop %rdi\n"
        "step 2\n fadd %st(1), %st\n"
        "step 5\n call loop_leaf\n"
        "add_step r8, 8, 5\n add_step r9, 9, -1\n add_step r10, 10, 0x01010101\n add_step r11, 11, -128\n"
        ".irp n, 10, 11, 12, 13, 14\n step 1, \\n\n paddq %xmm15, %xmm\\n\n .endr\n"
        "add_step r12, 12, 0x40000000\n add_step r13, 13, 127\n add_step r15, 15, 0x55\n"
        "step 7\n cmpl $0, (%r14)\n"
        "step 8\n je loop_begin\n"
        "loop_end: pop %r14\n"
        "mov %rax, (%r14); mov %rcx, 8(%r14); mov %rdx, 16(%r14); mov %rbx, 24(%r14); mov %rbp, 40(%r14); mov %rsi, 48(%r14)\n"
        "mov %rdi, 56(%r14); mov %r8, 64(%r14); mov %r9, 72(%r14); mov %r10, 80(%r14); mov %r11, 88(%r14); mov %r12, 96(%r14)\n"
        "mov %r13, 104(%r14); mov %r15, 120(%r14); fstp %st(0); fstp %st(0)\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
        "loop_leaf: step 6\n ret\n"
        ".popsection\n.pushsection .rodata\nsteps_end:\n.popsection\n");

static __thread const uint64_t *start; /* of the running loop; NULL outside */
static __thread uint64_t loop_rsp;     /* RSP in the loop, once known */
static __thread int stepping;          /* the step that the next SIGTRAP must show, when single-stepping */
static __thread uint64_t traps;
static _Atomic uint32_t stop;
static _Atomic uint64_t checked;

static unsigned n_steps(void) {
    return (unsigned)(steps_end - steps);
}

static void wrong(const char *what, unsigned at, uint64_t is, uint64_t should) {
    printf("before step %u: %s is %llx, not %llx\n", at, what, (unsigned long long)is, (unsigned long long)should);
    fflush(stdout);
    _exit(1);
}

static void compare(const char *what, unsigned at, uint64_t is, uint64_t should) {
    if (is != should) wrong(what, at, is, should);
}

/* SDM 1 3.4.3.1 of a + b. */
static uint64_t add_flags(uint64_t a, uint64_t b) {
    const uint64_t r = a + b;
    uint64_t flags = (r < a) | ((a ^ b ^ r) & 0x10) | (uint64_t)(r == 0) << 6 | (r >> 63) << 7 | ((a ^ r) & (b ^ r)) >> 63 << 11;
    if (!__builtin_parity((unsigned)(r & 0xff))) flags |= 4;
    return flags;
}

static const int greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/* The step that RIP stands before; RIP in the middle of an instruction is an error. */
static unsigned find_step(uint64_t rip) {
    for (unsigned i = 0; i < n_steps(); i++) {
        if ((uintptr_t)loop_begin + steps[i].at == rip) return i;
    }
    wrong("rip", 0, rip, (uintptr_t)loop_begin);
    return 0;
}

/* In the order of execution: the leaf's RET, which stands last, comes after CALL. */
static unsigned order_of(unsigned step) {
    unsigned call = 0;
    while (steps[call].kind != CALL) call++;
    if (steps[step].kind == RET) return call + 1;
    return step > call ? step + 1 : step;
}

/* rounds: how often the step has been done when `now` is next in round `round` (from 0). */
static uint64_t times_done(unsigned step, unsigned now, uint64_t round) {
    return round + (order_of(step) < order_of(now));
}

static void check_registers(const greg_t *g, unsigned now, uint64_t round) {
    for (unsigned i = 0; i < n_steps(); i++) {
        if (steps[i].kind != ADD) continue;
        const uint64_t should = start[steps[i].reg] + (uint64_t)(int64_t)steps[i].by * times_done(i, now, round);
        compare("register", now, (uint64_t)g[greg_of[steps[i].reg]], should);
    }
    compare("r14", now, (uint64_t)g[REG_R14], (uintptr_t)&stop);
}

/* Those of the last ADD or CMP before. CMP found a zero: ZF and PF. */
static void check_flags(const greg_t *g, unsigned now, uint64_t round) {
    unsigned last = n_steps();
    uint64_t should = 0x44;
    for (unsigned i = 0; i < n_steps(); i++) {
        if (steps[i].kind != ADD && steps[i].kind != COMPARE) continue;
        if (order_of(i) < order_of(now) && (last == n_steps() || order_of(i) > order_of(last))) last = i;
    }
    if (last == n_steps() && round == 0) return;
    if (last < n_steps() && steps[last].kind == COMPARE && stop) return;
    if (last < n_steps() && steps[last].kind == ADD) {
        const uint64_t by = (uint64_t)(int64_t)steps[last].by;
        should = add_flags(start[steps[last].reg] + by * round, by);
    }
    compare("flags", now, (uint64_t)g[REG_EFL] & ARITH, should);
}

static void check_vectors(fpregset_t fp, unsigned now, uint64_t round) {
    for (unsigned i = 0; i < n_steps(); i++) {
        uint64_t lanes[2];
        if (steps[i].kind == VECTOR) {
            memcpy(lanes, &fp->_xmm[steps[i].reg], 16);
            compare("xmm", now, lanes[0], times_done(i, now, round));
            compare("xmm high", now, lanes[1], lanes[0]);
        } else if (steps[i].kind == X87) {
            long double top;
            memcpy(&top, &fp->_st[0], 10);
            compare("st(0)", now, (uint64_t)top, times_done(i, now, round));
        }
    }
    compare("x87 tags", now, (uint8_t)fp->ftw, 0xc0);
    compare("mxcsr", now, fp->mxcsr, 0x1f80);
}

/* Between PUSH and POP, CALL and RET there is a word on the stack. */
static void check_stack(const greg_t *g, unsigned now) {
    unsigned pushed = 0, popped = 0, called = 0;
    for (unsigned i = 0; i < n_steps(); i++) {
        if (steps[i].kind == PUSH) pushed = i;
        if (steps[i].kind == POP) popped = i;
        if (steps[i].kind == CALL) called = i;
    }
    const bool on_leaf = steps[now].kind == RET, between = !on_leaf && now > pushed && now <= popped;
    const uint64_t rsp = (uint64_t)g[REG_RSP];
    if (!loop_rsp) loop_rsp = rsp + (between || on_leaf ? 8 : 0);
    compare("rsp", now, rsp, loop_rsp - (between || on_leaf ? 8 : 0));
    if (between) compare("pushed word", now, *(uint64_t *)rsp, (uint64_t)g[REG_RDI]);
    if (on_leaf) compare("return address", now, *(uint64_t *)rsp, (uintptr_t)loop_begin + steps[called + 1].at);
}

static bool in_loop(uint64_t rip) {
    return rip == (uintptr_t)loop_leaf || (rip >= (uintptr_t)loop_begin && rip < (uintptr_t)loop_end);
}

static void on_signal(int signo, siginfo_t *info, void *context) {
    const ucontext_t *uc = context;
    const greg_t *g = uc->uc_mcontext.gregs;
    if (!start || !in_loop((uint64_t)g[REG_RIP])) return;
    const unsigned now = find_step((uint64_t)g[REG_RIP]);
    uint64_t round = (uint64_t)g[REG_RAX] - start[0];
    if (now != 0) round--; /* the count is the first thing that changes */
    check_registers(g, now, round);
    check_flags(g, now, round);
    check_vectors(uc->uc_mcontext.fpregs, now, round);
    check_stack(g, now);
    checked++;
    if (signo != SIGTRAP) return;
    traps++;
    if (stepping >= 0) compare("step", now, order_of(now), ((unsigned)stepping + 1) % n_steps());
    stepping = (int)order_of(now);
}

static void run_loop(uint64_t seed) {
    uint64_t registers[16], end[16];
    for (int i = 0; i < 16; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        registers[i] = seed ^ seed >> 29;
    }
    loop_rsp = 0;
    start = registers;
    loop(registers, end, (const volatile uint32_t *)&stop);
    start = NULL;
    for (unsigned i = 0; i < n_steps(); i++) {
        if (steps[i].kind != ADD) continue;
        const uint64_t rounds = end[0] - registers[0];
        compare("register at the end", i, end[steps[i].reg], registers[steps[i].reg] + (uint64_t)(int64_t)steps[i].by * rounds);
    }
}

static void *work(void *arg) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
    run_loop((uintptr_t)arg);
    return NULL;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The timer's signals go to the workers, as the first thread blocks them; it sends others. */
static void storm(int64_t duration_ns) {
    pthread_t thread[WORKERS];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (uintptr_t i = 0; i < WORKERS; i++) CHECK(pthread_create(&thread[i], NULL, work, (void *)(i + 1)) == 0);
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    const int64_t end = now_ns() + duration_ns;
    for (unsigned i = 0; now_ns() < end || checked < 20; i++) {
        pthread_kill(thread[i % WORKERS], SIGUSR1);
        nanosleep(&(struct timespec){0, 300000}, NULL);
    }
    stop = 1;
    for (int i = 0; i < WORKERS; i++) pthread_join(thread[i], NULL);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

/* TF from outside: a signal's handler sets it in the context; SIGTRAP then comes after every instruction. */
static void set_trap(int signo, siginfo_t *info, void *context) {
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= 0x100;
}

static void stop_after(int signo, siginfo_t *info, void *context) {
    on_signal(signo, info, context);
    if (traps < 1000) return;
    stop = 1;
    if (traps == 1000 + n_steps()) ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100ll;
}

static void single_step(void) {
    struct sigaction trap = {.sa_sigaction = stop_after, .sa_flags = SA_SIGINFO}, set = {.sa_sigaction = set_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &trap, NULL) == 0 && sigaction(SIGUSR2, &set, NULL) == 0);
    stop = 0;
    stepping = -1;
    traps = 0;
    raise(SIGUSR2);
    run_loop(99);
    __asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" ::: "memory", "cc");
    CHECK(traps >= 1000 && traps < 1000 + 2 * n_steps());
}

/* As many traps as instructions: the TF that POPF sets counts from the next one on. */
static volatile uint64_t counted;
static void count_trap(int signo, siginfo_t *info, void *context) {
    counted++;
}

static void count_steps(void) {
    const struct sigaction action = {.sa_sigaction = count_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        counted = 0;
        __asm__ volatile("pushf; orl $0x100, (%%rsp); popf\n"
                         "mov $10, %%ecx; 1: dec %%ecx; jnz 1b; nop; lea 1(%%rcx), %%ecx; xor %%ecx, %%ecx; call 2f; jmp 3f; 2: ret; 3:\n"
                         "pushf; andl $~0x100, (%%rsp); popf" ::: "rcx", "memory", "cc");
        CHECK(counted == 1 + 20 + 3 + 3 + 3);
    }
}

int main(int argc, char **argv) {
    const struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    storm((argc > 1 ? atoll(argv[1]) : 1) * 1000000000ll);
    if (argc > 1) fprintf(stderr, "%llu states checked\n", (unsigned long long)checked);
    single_step();
    count_steps();
    puts("signal_timer_storm: ok");
    return 0;
}
