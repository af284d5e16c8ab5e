/* SPDX-License-Identifier: ISC */
// labels: threads
// options: --memory=window --engine=jit --jit-cache=1
/* More code than a small cache of translations holds, run by four threads in different orders while a timer interrupts them: functions
 * that a program made, which call each other directly, indirectly and by tail jumps. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>

#define THREADS 4
#define FUNCTIONS 24000
#define SLOT 48
#define CALLS 60000

static unsigned char *code;
static volatile sig_atomic_t ticks;

static uint32_t constant(uint32_t i) {
    return i * 2654435761u ^ 0x5bd1e995u;
}

/* The function that i goes on to: a lower number, so that chains end at those below 64. */
static uint32_t next_of(uint32_t i) {
    return constant(i) % (i / 2);
}

static uint32_t expect(uint32_t i, uint32_t x) {
    for (;;) {
        x = (x ^ constant(i)) + i;
        if (i < 64) return x;
        i = next_of(i);
    }
}

static unsigned char *put(unsigned char *at, const char *bytes, size_t n, uint32_t value) {
    memcpy(at, bytes, n);
    memcpy(at + n, &value, 4);
    return at + n + 4;
}

/* xor edi, constant; add edi, i; then go on: by call, by tail jump, or through a register. */
static void make(uint32_t i) {
    unsigned char *at = code + (size_t)i * SLOT;
    at = put(at, "\x81\xf7", 2, constant(i));
    at = put(at, "\x81\xc7", 2, i);
    if (i < 64) {
        memcpy(at, "\x89\xf8\xc3", 3); /* mov eax, edi; ret */
        return;
    }
    const unsigned char *to = code + (size_t)next_of(i) * SLOT;
    switch (i % 3) {
    case 0:
        memcpy(at, "\x50", 1); /* push rax, to align the stack */
        at = put(at + 1, "\xe8", 1, (uint32_t)(to - (at + 6)));
        memcpy(at, "\x59\xc3", 2); /* pop rcx; ret */
        break;
    case 1: put(at, "\xe9", 1, (uint32_t)(to - (at + 5))); break;
    default:
        at = put(at, "\x48\x8d\x05", 3, (uint32_t)(to - (at + 7))); /* lea rax, [rip + to] */
        memcpy(at, "\x50\xff\xd0\x59\xc3", 5);                      /* push rax; call rax; pop rcx; ret */
    }
}

static uint32_t call(uint32_t i, uint32_t x) {
    uint32_t (*fn)(uint32_t);
    const void *at = code + (size_t)i * SLOT;
    memcpy(&fn, &at, sizeof fn);
    return fn(x);
}

static void *run(void *arg) {
    uint32_t x = (uint32_t)(uintptr_t)arg * 7919 + 1;
    for (int k = 0; k < CALLS; k++) {
        x = x * 1664525 + 1013904223;
        const uint32_t i = (x >> 8) % FUNCTIONS;
        CHECK(call(i, x) == expect(i, x));
    }
    return NULL;
}

static void tick(int number) {
    ticks++;
}

int main(void) {
    pthread_t thread[THREADS];
    code = mmap(NULL, (size_t)FUNCTIONS * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    for (uint32_t i = 0; i < FUNCTIONS; i++) make(i);
    CHECK(mprotect(code, (size_t)FUNCTIONS * SLOT, PROT_READ | PROT_EXEC) == 0);
    signal(SIGALRM, tick);
    const struct itimerval every = {{0, 1000}, {0, 1000}};
    CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
    for (uintptr_t i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, run, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    CHECK(ticks > 0);
    puts("code_turnover: ok");
    return 0;
}
