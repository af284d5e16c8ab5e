/* SPDX-License-Identifier: ISC */
// labels: threads
/* A translator of arithmetic expressions to machine code, in four threads that write, run and rewrite functions side by side on
 * the same pages; and calls whose targets are patched while others run them (SDM 3 8.1.3: aligned stores, serialized by
 * CPUID where a thread must see the newest). guest_jit_threads [SECONDS]. */
#include "tests/guest/check.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS 4
#define SLOT 512
#define SLOTS 64
#define TARGETS 16

enum op { OP_ARGUMENT, OP_CONSTANT, OP_ADD, OP_SUB, OP_MUL, OP_XOR, OP_IF_LESS, OP_END };
struct code {
    uint8_t op[32];
    uint32_t constant[32];
};
typedef uint32_t compiled(uint32_t a, uint32_t b);

static uint8_t *slots, *patched; /* rwx */
static atomic_bool stop;
static atomic_ulong calls;

static uint32_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (uint32_t)(*x >> 20);
}

/* A program for a stack machine that leaves one value. */
static void make_code(struct code *code, uint64_t *x) {
    int n = 0;
    for (int depth = 0, left = 24; left > 0 || depth > 1; left--) {
        const bool push = depth < 2 || (left > 0 && depth < 6 && next_random(x) % 2);
        code->op[n] = (uint8_t)(push ? next_random(x) % 2 : 2 + next_random(x) % 5);
        code->constant[n++] = next_random(x);
        depth += push ? 1 : -1;
        if (n >= 26 && depth == 1) break;
    }
    code->op[n] = OP_END;
}

static uint32_t apply(int op, uint32_t a, uint32_t b) {
    switch (op) {
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_XOR: return a ^ b;
    default: return a < b ? a + 1 : b - 1;
    }
}

static uint32_t interpret(const struct code *code, uint32_t a, uint32_t b) {
    uint32_t stack[32];
    int n = 0;
    for (int i = 0; code->op[i] != OP_END; i++) {
        if (code->op[i] == OP_ARGUMENT) stack[n++] = code->constant[i] & 1 ? a : b;
        else if (code->op[i] == OP_CONSTANT) stack[n++] = code->constant[i];
        else n--, stack[n - 1] = apply(code->op[i], stack[n - 1], stack[n]);
    }
    return stack[0];
}

static uint8_t *put(uint8_t *at, const char *bytes, size_t n) {
    memcpy(at, bytes, n);
    return at + n;
}
#define PUT(at, bytes) put(at, bytes, sizeof(bytes) - 1)

/* Operands on the machine's stack: rcx is the second, rax the first. */
static uint8_t *put_operation(uint8_t *at, int op) {
    at = PUT(at, "\x59\x58"); /* pop rcx; pop rax */
    switch (op) {
    case OP_ADD: at = PUT(at, "\x01\xc8"); break;
    case OP_SUB: at = PUT(at, "\x29\xc8"); break;
    case OP_MUL: at = PUT(at, "\x0f\xaf\xc1"); break;
    case OP_XOR: at = PUT(at, "\x31\xc8"); break;
    default: /* cmp eax, ecx; jb 1f; lea eax, [rcx - 1]; jmp 2f; 1: inc eax; 2: */
        at = PUT(at, "\x39\xc8\x72\x05\x8d\x41\xff\xeb\x02\xff\xc0");
    }
    return PUT(at, "\x50"); /* push rax */
}

static void translate(const struct code *code, uint8_t *at) {
    for (int i = 0; code->op[i] != OP_END; i++) {
        if (code->op[i] == OP_ARGUMENT) {
            at = code->constant[i] & 1 ? PUT(at, "\x57") : PUT(at, "\x56"); /* push rdi; push rsi */
        } else if (code->op[i] == OP_CONSTANT) {
            at = PUT(at, "\xb8");
            memcpy(at, &code->constant[i], 4);
            at = PUT(at + 4, "\x50");
        } else {
            at = put_operation(at, code->op[i]);
        }
    }
    PUT(at, "\x58\xc3"); /* pop rax; ret */
}

static uint32_t call(const uint8_t *code, uint32_t a, uint32_t b) {
    compiled *fn;
    memcpy(&fn, &code, sizeof fn);
    calls++;
    return fn(a, b);
}

/* Slots are dealt out in turns, so that neighbours on a page belong to different threads. */
static void *generator(void *arg) {
    const uintptr_t id = (uintptr_t)arg;
    uint64_t x = 1234567 + id * 7654321;
    struct code code[SLOTS / THREADS];
    for (unsigned i = 0; i < SLOTS / THREADS; i++) code[i].op[0] = OP_END;
    while (!stop) {
        const unsigned i = next_random(&x) % (SLOTS / THREADS);
        uint8_t *slot = slots + SLOT * (THREADS * i + id);
        if (code[i].op[0] == OP_END || next_random(&x) % 4 == 0) {
            make_code(&code[i], &x);
            translate(&code[i], slot);
        }
        for (int k = 0; k < 20; k++) {
            const uint32_t a = next_random(&x), b = next_random(&x);
            CHECK(call(slot, a, b) == interpret(&code[i], a, b));
        }
    }
    return NULL;
}

/* patched: CALL rel32 (its displacement aligned), ADD EAX, 1, RET at 3; JMP rel32 likewise at 64 + 3; the targets behind.
 * Target t returns t * 1000 + its generation. */
#define HISTORY 1024
static atomic_ulong newest[2];              /* how often the site was patched, stored after the site */
static atomic_uint history[2][HISTORY];     /* what calls of the site return since then, stored before the site */
static atomic_uint rounds[THREADS];         /* of each caller */
static uint32_t generation[TARGETS];

static uint32_t value_of(unsigned t) {
    return t * 1000 + generation[t];
}

static void write_target(unsigned t) {
    uint8_t *at = patched + 4096 + 256 * t;
    const uint32_t value = value_of(t);
    *at++ = 0xb8;
    memcpy(at, &value, 4);
    at[4] = 0xc3;
}

static void patch_site(unsigned site, unsigned t) {
    const int64_t from = 64 * site + 8, to = 4096 + 256 * t;
    history[site][(newest[site] + 1) % HISTORY] = value_of(t);
    atomic_store((_Atomic int32_t *)(patched + 64 * site + 4), (int32_t)(to - from));
    newest[site]++;
}

static unsigned current_target(unsigned site) {
    return history[site][newest[site] % HISTORY] / 1000;
}

/* After that no caller is in what it entered before. */
static void wait_for_callers(void) {
    for (int i = 0; i < THREADS; i++) {
        const unsigned before = rounds[i];
        while (rounds[i] - before < 2 && !stop) sched_yield();
    }
}

static void *patcher(void *arg) {
    uint64_t x = 99;
    while (!stop) {
        const unsigned site = next_random(&x) % 2, old = current_target(site);
        patch_site(site, next_random(&x) % TARGETS);
        const unsigned long before = calls;
        for (int i = 0; i < 10000 && calls - before < 20; i++) continue;
        if (next_random(&x) % 64) continue;
        wait_for_callers();
        if (stop || old == current_target(0) || old == current_target(1)) continue;
        generation[old] = (generation[old] + 1) % 1000;
        write_target(old);
    }
    return NULL;
}

/* A call that begins after patch `first` was seen, with a serializing instruction between, reaches that target or a later one. */
static bool is_allowed(unsigned site, uint32_t result, unsigned long first) {
    const unsigned long last = newest[site] + 1;
    for (unsigned long i = first; i <= last; i++) {
        if (history[site][i % HISTORY] == result) return true;
    }
    return last - first > HISTORY - 2;
}

static void *caller(void *arg) {
    const uintptr_t id = (uintptr_t)arg;
    while (!stop) {
        for (unsigned site = 0; site < 2; site++) {
            const unsigned long first = newest[site];
            unsigned a, b, c, d;
            __cpuid(0, a, b, c, d);
            const uint32_t result = call(patched + 64 * site + 3, 0, 0) - (site == 0);
            CHECK(is_allowed(site, result, first));
        }
        rounds[id]++;
    }
    return NULL;
}

static void make_patched(void) {
    memcpy(patched + 3, "\xe8____\x83\xc0\x01\xc3", 9); /* call; add eax, 1; ret */
    memcpy(patched + 64 + 3, "\xe9____", 5);
    for (unsigned t = 0; t < TARGETS; t++) write_target(t);
    for (unsigned site = 0; site < 2; site++) patch_site(site, site);
}

static void *map_code(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(int argc, char **argv) {
    pthread_t thread[2 * THREADS + 1];
    slots = map_code(SLOT * SLOTS);
    patched = map_code(8192);
    make_patched();
    const int64_t end = now_ns() + (argc > 1 ? atoll(argv[1]) : 1) * 1000000000ll;
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&thread[i], NULL, generator, (void *)i) == 0);
        CHECK(pthread_create(&thread[THREADS + i], NULL, caller, (void *)i) == 0);
    }
    CHECK(pthread_create(&thread[2 * THREADS], NULL, patcher, NULL) == 0);
    while (now_ns() < end || calls < 2000) nanosleep(&(struct timespec){0, 10000000}, NULL);
    stop = true;
    for (int i = 0; i <= 2 * THREADS; i++) pthread_join(thread[i], NULL);
    if (argc > 1) fprintf(stderr, "%lu calls, %lu patches\n", (unsigned long)calls, newest[0] + newest[1]);
    puts("guest_jit_threads: ok");
    return 0;
}
