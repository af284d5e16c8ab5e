/* SPDX-License-Identifier: ISC */
// long: 60
/* signal(7): handlers are invisible to what they interrupt. Threads compute (integers, x87, vectors, strings, indirect calls, recursion)
 * while the process gets 10,000 SIGALRM a second, whose handler uses the same registers; every round must give the same result.
 * signal_alarm_storm [SECONDS]. */
#include "tests/guest/check.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#define THREADS 3
#define PERIOD_US 100
#define WORDS 256

static _Atomic uint64_t n_signals, n_rounds;
static _Atomic int is_over;
static _Atomic uint64_t sink;

static uint64_t mix(uint64_t h, uint64_t value) {
    h = (h ^ value) * 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 29);
}

static uint64_t of_double(double d) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return bits;
}

static uint64_t integers(uint64_t h) {
    for (unsigned i = 1; i < 2000; i++) {
        h ^= h << 13;
        h ^= h >> 7;
        h ^= h << 17;
        if (h % i == 3) h += (uint64_t)__builtin_popcountll(h) * i;
        h = h << (i & 63) | h >> (-i & 63);
    }
    return h;
}

static uint64_t scalars(uint64_t h) {
    double d = 1 + (double)(h & 0xffff);
    long double x87 = (long double)d;
    for (unsigned i = 1; i < 500; i++) {
        d = sqrt(d * 1.25 + i) + 1 / d;
        x87 = x87 / 3 + (long double)i * 0.1L;
    }
    uint64_t mantissa;
    memcpy(&mantissa, &x87, 8);
    return mix(mix(h, of_double(d)), mantissa);
}

typedef uint32_t vector __attribute__((vector_size(16)));

static uint64_t vectors(uint64_t h) {
    vector a = {(uint32_t)h, (uint32_t)(h >> 32), 3, 4}, b = {5, 6, 7, (uint32_t)h};
    for (unsigned i = 0; i < 1000; i++) {
        a = a * 1664525u + b;
        b = (b << 5 | b >> 27) ^ a;
    }
    return mix(mix(h, (uint64_t)a[0] << 32 | a[3]), (uint64_t)b[1] << 32 | b[2]);
}

static int compare_words(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorting calls through a pointer. */
static uint64_t strings(uint64_t h) {
    uint32_t words[WORDS], copy[WORDS];
    for (unsigned i = 0; i < WORDS; i++) words[i] = (uint32_t)(h = mix(h, i));
    qsort(words, WORDS, sizeof words[0], compare_words);
    void *to = copy;
    const void *from = words;
    size_t n = sizeof copy;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    for (unsigned i = 1; i < WORDS; i++) {
        if (copy[i - 1] > copy[i]) return 0;
        h = mix(h, copy[i]);
    }
    return h;
}

static uint64_t recurse(uint64_t h, unsigned depth) {
    if (!depth) return mix(h, 1);
    return recurse(mix(h, depth), depth - 1) + (depth % 3 ? 0 : recurse(h, depth - 2));
}

static uint64_t recursion(uint64_t h) {
    return recurse(h, 16);
}

static uint64_t compute(uint64_t h) {
    static uint64_t (*const steps[])(uint64_t) = {integers, scalars, vectors, strings, recursion};
    for (unsigned i = 0; i < 20; i++) h = steps[(i + (h >> 60)) % 5](h);
    return h;
}

static void on_alarm(int signo) {
    const uint64_t n = atomic_fetch_add(&n_signals, 1);
    sink = scalars(vectors(n)) + recurse(n, 3);
}

static void *work(void *arg) {
    const uint64_t *expected = arg;
    while (!is_over) {
        for (unsigned i = 0; i < 4; i++) {
            const uint64_t result = compute(i);
            if (result == expected[i]) continue;
            printf("round %u gives %llx, not %llx\n", i, (unsigned long long)result, (unsigned long long)expected[i]);
            fflush(stdout);
            _exit(1);
        }
        n_rounds++;
    }
    return NULL;
}

int main(int argc, char **argv) {
    const int seconds = argc > 1 ? atoi(argv[1]) : 2;
    uint64_t expected[4];
    pthread_t thread[THREADS];
    for (unsigned i = 0; i < 4; i++) expected[i] = compute(i);
    CHECK(signal(SIGALRM, on_alarm) != SIG_ERR);
    for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, work, expected) == 0);
    const struct itimerval period = {{0, PERIOD_US}, {0, PERIOD_US}};
    CHECK(setitimer(ITIMER_REAL, &period, NULL) == 0);
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) continue;
    CHECK(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
    is_over = 1;
    for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(n_signals > 10 && n_rounds > 0);
    fprintf(stderr, "%llu signals, %llu rounds\n", (unsigned long long)n_signals, (unsigned long long)n_rounds);
    puts("signal_alarm_storm: ok");
    return 0;
}
