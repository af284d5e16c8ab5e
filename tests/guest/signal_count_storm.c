// labels: threads
// Real-time signals from many senders to threads that compute and make calls: each one sent is taken exactly once,
// registers survive every frame, and raise() has run its handler when it returns.
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

enum { THREADS = 4, SIGNALS = 1500 };

static pthread_t thread[THREADS];
static atomic_int ready, finished; /* ready: the table of threads is filled */
static __thread volatile int taken, raised;
static atomic_int total;

static void on_signal(int signo) {
    taken++;
    total++;
}

static void on_raise(int signo) {
    raised++;
}

static uint64_t mix(uint64_t x) {
    for (int i = 0; i < 500; i++) x = x * 6364136223846793005ull + 1442695040888963407ull, x ^= x >> 29;
    return x;
}

static double real(double x) {
    for (int i = 0; i < 100; i++) x = x * 1.0000001 + 1.0 / (x + i);
    return x;
}

static void *work(void *arg) {
    const int me = (int)(intptr_t)arg;
    int calls = 0;
    while (!ready) sched_yield();
    const uint64_t expect = mix(7);
    const double expect_real = real(3.0);
    const uint64_t start = mix(1);
    while (taken < SIGNALS) {
        CHECK(mix(7) == expect && mix(1) == start);
        CHECK(real(3.0) == expect_real);
        const int before = raised;
        CHECK(raise(SIGUSR2) == 0);
        CHECK(raised == before + 1);
        if (calls++ < SIGNALS) {
            CHECK(pthread_kill(thread[(me + 1) % THREADS], SIGRTMIN + 2) == 0);
        }
    }
    while (calls++ < SIGNALS) CHECK(pthread_kill(thread[(me + 1) % THREADS], SIGRTMIN + 2) == 0);
    finished++;
    while (finished < THREADS) sched_yield();
    CHECK(taken == SIGNALS);
    return NULL;
}

int main(void) {
    struct sigaction action = {.sa_handler = on_signal}, raising = {.sa_handler = on_raise};
    CHECK(sigaction(SIGRTMIN + 2, &action, NULL) == 0 && sigaction(SIGUSR2, &raising, NULL) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, work, (void *)(intptr_t)i) == 0);
    ready = 1;
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    CHECK(total == THREADS * SIGNALS);
    puts("signal_count_storm: ok");
    return 0;
}
