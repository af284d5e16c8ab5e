/* SPDX-License-Identifier: ISC */
// labels: threads
/* Stacks switched by hand: a thousand coroutines on small stacks, switched by a few instructions, by RET, by JMP and by setjmp, in
 * several threads on 16 KiB stacks, while a timer's handler runs on whatever stack is current, on an alternate one, or switches
 * itself. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>

#define COROUTINES 1000
#define STACK 4096
#define THREADS 3

/* switch_to(&save, load): saves RSP and what a callee must keep, goes on where load was saved. Three ways to arrive. */
void switch_ret(void **save, void *load);
void switch_jump(void **save, void *load);
void switch_exchange(void **save, void *load);
void start_trampoline(void);
__asm__(".pushsection .text\n"
        ".macro save_all\n push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n.endm\n"
        ".macro load_all\n pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n.endm\n"
        "switch_ret: save_all\n mov %rsp, (%rdi); mov %rsi, %rsp\n load_all\n ret\n"
        "switch_jump: save_all\n mov %rsp, (%rdi); mov %rsi, %rsp\n load_all\n pop %rcx; jmp *%rcx\n"
        "switch_exchange: save_all\n xchg %rsi, %rsp; mov %rsi, (%rdi)\n load_all\n add $8, %rsp; jmp *-8(%rsp)\n"
        /* The first switch arrives here, with the function in RBX and its argument in R12. */
        "start_trampoline: mov %r12, %rdi; xor %ebp, %ebp; call *%rbx; ud2\n"
        ".popsection\n");

struct coroutine {
    void *rsp;
    struct scheduler *scheduler;
    uint64_t state, steps;
    bool done;
};

struct scheduler {
    void *rsp;
    struct coroutine *all;
    uint8_t *stacks;
    uint64_t switches;
};

typedef void switcher(void **, void *);
static switcher *const ways[] = {switch_ret, switch_jump, switch_exchange};

static void yield(struct coroutine *c) {
    ways[(c->state >> 8) % 3](&c->rsp, c->scheduler->rsp);
}

static uint64_t mix(uint64_t x) {
    return (x ^ x >> 31) * 0x9e3779b97f4a7c15 + 1;
}

/* Yields from a random depth of calls. */
static __attribute__((noinline)) uint64_t deeper(struct coroutine *c, unsigned depth) {
    volatile uint64_t local = c->state + depth;
    if (depth == 0) yield(c);
    const uint64_t below = depth ? deeper(c, depth - 1) : mix(c->state);
    CHECK(local == c->state + depth);
    return below + (local & 0);
}

static void body(void *arg) {
    struct coroutine *c = arg;
    double x = (double)(c->state % 100);
    while (c->steps--) {
        const uint64_t next = deeper(c, (unsigned)(c->state % 5));
        CHECK(next == mix(c->state));
        c->state = next;
        x += 0.5;
        c->scheduler->switches++;
    }
    CHECK(x > 0);
    c->done = true;
    for (;;) yield(c);
}

static void start(struct scheduler *s, unsigned i) {
    struct coroutine *c = &s->all[i];
    uint64_t *top = (uint64_t *)(s->stacks + STACK * (i + 1)) - 2;
    *c = (struct coroutine){.scheduler = s, .state = mix(i), .steps = 20 + i % 30};
    *--top = (uintptr_t)start_trampoline;
    *--top = 0;              /* rbp */
    *--top = (uintptr_t)body; /* rbx */
    *--top = (uintptr_t)c;   /* r12 */
    for (int k = 0; k < 3; k++) *--top = 0;
    c->rsp = top;
}

static uint64_t expected_state(unsigned i) {
    uint64_t x = mix(i);
    for (unsigned steps = 20 + i % 30; steps; steps--) x = mix(x);
    return x;
}

static void run_all(struct scheduler *s, unsigned way) {
    for (unsigned i = 0; i < COROUTINES; i++) start(s, i);
    for (unsigned left = COROUTINES, i = 0; left; i = (i + 7) % COROUTINES) {
        struct coroutine *c = &s->all[i];
        if (c->done && c->steps + 1 == 0) {
            left--;
            c->steps = 0;
            c->scheduler = NULL;
        }
        if (c->done) continue;
        ways[way % 3](&s->rsp, c->rsp);
    }
    for (unsigned i = 0; i < COROUTINES; i++) CHECK(s->all[i].state == expected_state(i));
}

static void *run_thread(void *arg) {
    struct scheduler s = {.all = calloc(COROUTINES, sizeof *s.all)};
    static char alternate[THREADS][32768];
    const stack_t alt = {.ss_sp = alternate[(uintptr_t)arg], .ss_size = sizeof alternate[0]};
    s.stacks = mmap(NULL, STACK * COROUTINES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    CHECK(s.all && s.stacks != MAP_FAILED && sigaltstack(&alt, NULL) == 0);
    for (unsigned round = 0; round < 3; round++) run_all(&s, round + (unsigned)(uintptr_t)arg);
    munmap(s.stacks, STACK * COROUTINES);
    free(s.all);
    return NULL;
}

static atomic_ulong alarms;

static void on_alarm(int signo) {
    stack_t now;
    char here;
    CHECK(sigaltstack(NULL, &now) == 0);
    const bool on_alternate = (uintptr_t)&here - (uintptr_t)now.ss_sp < now.ss_size;
    CHECK(on_alternate == (now.ss_flags == SS_ONSTACK));
    alarms++;
}

/* The handler goes to a coroutine, which comes back to it: the kernel does not mind. */
static void *in_handler, *outside;
static volatile int hops;

static void visitor(void *arg) {
    for (;;) {
        hops++;
        switch_ret(&outside, in_handler);
    }
}

static void on_visit(int signo) {
    switch_jump(&in_handler, outside);
}

static void test_switch_in_handler(void) {
    struct scheduler s = {.all = calloc(1, sizeof *s.all), .stacks = aligned_alloc(16, STACK)};
    const struct sigaction action = {.sa_handler = on_visit};
    CHECK(s.all && s.stacks && sigaction(SIGUSR1, &action, NULL) == 0);
    start(&s, 0);
    outside = s.all[0].rsp;
    ((uint64_t *)outside)[4] = (uintptr_t)visitor; /* rbx */
    for (int i = 1; i <= 100; i++) {
        raise(SIGUSR1);
        CHECK(hops == i);
    }
    free(s.stacks);
    free(s.all);
}

/* longjmp from one stack to another and back. */
static jmp_buf here, there;
static volatile int jumps;

static void jumper(void *arg) {
    while (setjmp(there) < 1000) {
        jumps++;
        longjmp(here, jumps);
    }
    longjmp(here, 5000);
}

static void test_long_jumps(void) {
    static uint8_t stack[STACK] __attribute__((aligned(16)));
    void *unused;
    uint64_t frame[7] = {0, 0, 0, 0, (uintptr_t)jumper, 0, (uintptr_t)start_trampoline};
    memcpy(stack + STACK - 136, frame, sizeof frame);
    const int value = setjmp(here);
    if (value == 0) switch_ret(&unused, stack + STACK - 136);
    if (value < 1000) longjmp(there, value);
    if (value != 5000) longjmp(there, 1000);
    CHECK(jumps == 1000);
}

int main(void) {
    pthread_t thread[THREADS];
    pthread_attr_t attr;
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_ONSTACK};
    const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    test_switch_in_handler();
    test_long_jumps();
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 16384) == 0);
    for (uintptr_t i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], &attr, run_thread, (void *)i) == 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    puts("coroutines: ok");
    return 0;
}
